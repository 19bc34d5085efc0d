//go:build !js

// Command relay carries the streams of WebTransport sessions to a TCP port and back. It knows nothing of what they carry.
//
//	relay [-addr 127.0.0.1:0] [-to HOST:PORT] [COMMAND [ARG…]]
//
// It runs COMMAND with the environment variables TESTSERVER_WEBTRANSPORT, its URL, and TESTSERVER_WEBTRANSPORT_HASH, the SHA-256 of its
// certificate, which it makes anew, and ends with it. With no COMMAND it prints them and serves until it is interrupted. Without -to it
// takes the host and port of the URL TESTSERVER_WS.
//
// For a session with the URL's query cut=N the relay ends the session when it has sent N bytes.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("relay: ")
	addr := flag.String("addr", "127.0.0.1:0", "the UDP `address` to listen on")
	to := flag.String("to", "", "the TCP `address` that streams are carried to")
	flag.Parse()
	r, err := start(*addr, cmp.Or(*to, testserver()))
	if err != nil {
		log.Fatal(err)
	}
	env := []string{"TESTSERVER_WEBTRANSPORT=" + r.url(), "TESTSERVER_WEBTRANSPORT_HASH=" + r.hash}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if flag.NArg() == 0 {
		fmt.Printf("%s\n%s\n", env[0], env[1])
		<-signals
		r.close()
		return
	}
	code := run(flag.Args(), env)
	r.close()
	os.Exit(code)
}

// testserver is the address in the environment.
func testserver() string {
	u, err := url.Parse(os.Getenv("TESTSERVER_WS"))
	if err != nil {
		return ""
	}
	return u.Host
}

// run runs a command, which the terminal's signals reach as well as this program, and returns its exit code.
func run(command, env []string) int {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1)
	}
	if err != nil {
		log.Print(err)
		return 127 // as a shell does
	}
	return 0
}
