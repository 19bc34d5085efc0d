//go:build !js

// Command wasm_exec runs Go programs and tests compiled for js/wasm in a
// headless browser and serves them as web pages. See usage, printed by -h.
package main

import (
	"fmt"
	"os"
)

const usage = `wasm_exec runs js/wasm programs and tests in headless Chrome or Chromium.

  wasm_exec test [go test flags] [packages]   go test with GOOS=js GOARCH=wasm in the browser
  wasm_exec run FILE.wasm [args]              one program or test binary; also for go test -exec
  wasm_exec serve [flags] PACKAGE|FILE.wasm   build a program and serve it as a web page
  wasm_exec chrome                            print the browser's path

Without an installed package: go run ./wasm_exec test ./... (not in an
environment with GOOS=js, where go run builds this program for js as well).

test and run drive the browser with github.com/agnivade/wasmbrowsertest, a tool
of this module. What the program prints goes to stdout, its exit code is passed
on. A last line is lost if no newline ends it.

serve has the flags
  -addr 127.0.0.1:8080   address to listen on; port 0 takes any free one
  -html page.html        page to serve at / (default: a built-in one)
  -dir DIR               further files to serve

The browser is the first that works: $CHROME, one of the usual names in PATH,
one in the usual folders of macOS and Windows. Where there is none, test and
chrome install chromium with apt-get if they may (Debian and its kin).

Environment
  CHROME                  the browser to use
  WASM_EXEC_CHROME_FLAGS  further flags for the browser, split at blanks
  TESTSERVER_SPKI         hashes of public keys that the browser trusts
  WASM_EXEC_ENV           names of further variables for the program, by commas
  WASM_EXEC_DRIVER        the wasmbrowsertest binary (default: go tool)
  WASM_HEADLESS=off       show the browser
A program sees only some of the environment, since js/wasm has room for few KB:
HOME, TMPDIR and the like, GO*, TESTSERVER_* and what WASM_EXEC_ENV names.

On Windows the driver takes no flags for the browser, and on macOS neither those
nor CHROME if there is a browser in /Applications.
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	code, err := command(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "wasm_exec:", err)
	}
	os.Exit(code)
}

// command runs one subcommand and returns the exit code.
func command(name string, args []string) (int, error) {
	switch name {
	case "test":
		return goTest(args)
	case "run":
		return runWasm(args)
	case "serve":
		return servePage(args)
	case "chrome":
		return printBrowser()
	case "-h", "-help", "--help", "help":
		fmt.Print(usage)
		return 0, nil
	}
	return 2, fmt.Errorf("unknown command %q; wasm_exec -h lists them", name)
}

func printBrowser() (int, error) {
	path, err := thisSystem().findOrInstall()
	if err != nil {
		return 1, err
	}
	fmt.Println(path)
	return 0, nil
}
