//go:build !js

package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test binary a second wasm_exec, so that the tests can run
// it as a process, and go test can run that as its -exec.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-test.") {
		main()
	}
	os.Exit(m.Run())
}

// wasmExec runs wasm_exec and returns what it prints and its exit code.
func wasmExec(t *testing.T, env []string, args ...string) (string, int) {
	t.Helper()
	cmd, out := wasmExecCommand(t, env, args...)
	return finish(t, cmd.Run(), out)
}

func wasmExecCommand(t *testing.T, env []string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), env...)
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

func finish(t *testing.T, err error, out *bytes.Buffer) (string, int) {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	code := 0
	if exit != nil {
		code = exit.ExitCode()
	}
	return out.String(), code
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args, want string
		code       int
	}{
		{"-h", "wasm_exec runs js/wasm programs", 0},
		{"serve -h", "-addr 127.0.0.1:8080", 0},
		{"fly", `unknown command "fly"`, 2},
		{"run", "no file named", 2},
		{"serve", "got 0 programs", 2},
		{"serve a b", "got 2 programs", 2},
		{"serve -x a", "-x", 2},
	} {
		out, code := wasmExec(t, nil, strings.Fields(c.args)...)
		if !strings.Contains(out, c.want) || code != c.code {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", c.args, code, out, c.code, c.want)
		}
	}
}

// browserOrFail finds the browser that the tests below need.
func browserOrFail(t *testing.T) string {
	t.Helper()
	browser, err := thisSystem().findOrInstall()
	if err != nil {
		t.Fatal(err)
	}
	return browser
}

func TestEndsOfProgramsInTheBrowser(t *testing.T) {
	env := []string{"CHROME=" + browserOrFail(t), "GODEBUG=asynctimerchan=0",
		"WASM_EXEC_ENV=WASM_TEST_NAMED", "WASM_TEST_NAMED=yes", "WASM_TEST_SECRET=yes"}
	for _, c := range []struct {
		test, timeout string
		code          int
		want          []string
	}{
		{"TestSpin", "1s", 1, []string{"the program hangs: no end 6s after -test.timeout=1s"}},
		{"TestPass", "1m", 0, []string{"from t.Log\n", "\nfrom stdout: héllo 😀\n", "\nfrom stderr\n", "\n\"quoted\"\n", "--- PASS: TestPass"}},
		{"TestFail", "1m", 1, []string{"wrong on purpose", "--- FAIL: TestFail"}},
		{"TestPanic", "1m", 1, []string{"panic: on purpose 😀\n", "behave_test.go"}},
		{"TestHang", "1s", 1, []string{"panic: test timed out after 1s", "select (no cases)"}},
		{"TestTrap", "1m", 1, []string{"the program died: RangeError: Maximum call stack"}},
		{"TestEnv", "1m", 0, []string{`GODEBUG="asynctimerchan=0" WASM_TEST_NAMED="yes" WASM_TEST_SECRET=""`}},
	} { // the slowest first
		t.Run(c.test, func(t *testing.T) {
			t.Parallel()
			out, code := wasmExec(t, env, "test", "-v", "-count=1", "-run=^"+c.test+"$", "-timeout="+c.timeout, "./testdata/behave")
			if code != c.code {
				t.Errorf("got exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in the output", want)
				}
			}
			if t.Failed() || strings.Contains(out, "context canceled") {
				t.Errorf("output:\n%s", out)
			}
		})
	}
}

func TestTrustsCertificateByKey(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("wasmbrowsertest takes no flags for the browser here")
	}
	browserOrFail(t)
	server, spki := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Write([]byte("an answer"))
	})
	for _, c := range []struct{ spki, want string }{
		{spki, "got an answer"},
		{"", "failed with TypeError"},
	} {
		out, _ := wasmExec(t, []string{"TESTSERVER_URL=" + server, "TESTSERVER_SPKI=" + c.spki},
			"test", "-v", "-count=1", "-run=TestFetch", "./testdata/behave")
		if !strings.Contains(out, c.want) {
			t.Errorf("TESTSERVER_SPKI=%s: no %q in the output:\n%s", c.spki, c.want, out)
		}
	}
}

func TestRunPassesArgumentsAndExitCode(t *testing.T) {
	t.Parallel()
	browserOrFail(t)
	out, code := wasmExec(t, nil, "run", buildProgram(t), "a b", `-c="<d>"`)
	if want := "arguments: [\"a b\" \"-c=\\\"<d>\\\"\"]\n"; out != want || code != 7 {
		t.Errorf("got exit code %d and %q, want 7 and %q", code, out, want)
	}
}

func TestInterruptLeavesNothing(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no process can be interrupted")
	}
	browserOrFail(t)
	tmp := t.TempDir()
	cmd, out := wasmExecCommand(t, []string{"TMPDIR=" + tmp}, "test", "-v", "-count=1", "-run=TestHang", "./testdata/behave")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a browser", func() bool { return processes(tmp) > 0 })
	cmd.Process.Signal(os.Interrupt)
	if _, code := finish(t, cmd.Wait(), out); code == 0 {
		t.Error("got exit code 0, want another")
	}
	waitFor(t, "no browser", func() bool { return processes(tmp) == 0 })
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left in TMPDIR: %v", left)
	}
}

// processes counts those with text in their command line.
func processes(text string) int {
	out, _ := exec.Command("ps", "-eo", "args").Output()
	return strings.Count(string(out), "--user-data-dir="+text)
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
