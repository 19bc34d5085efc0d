//go:build !js

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/twinsocket/websocket/wasm_exec/page"
)

const driverVar = "WASM_EXEC_DRIVER"

// goTest runs go test for js/wasm with this program as its -exec.
func goTest(args []string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 1, err
	}
	browser, err := thisSystem().findOrInstall()
	if err != nil {
		return 1, err
	}
	driver, err := findDriver()
	if err != nil {
		return 1, err
	}
	ctx, stop := stopSignals()
	defer stop()
	cmd := exec.Command("go", append([]string{"test", "-exec", `"` + self + `" run`}, args...)...)
	cmd.Env = with(os.Environ(), "GOOS=js", "GOARCH=wasm", "CHROME="+browser, driverVar+"="+driver)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	// The run processes in the group have browsers to end: they get more time,
	// and a signal if go test is dead.
	return exitCode(supervise(ctx, cmd, interruptGroup, interruptGroup, 3*stopDelay))
}

// findDriver returns the path of wasmbrowsertest, built for this system even
// where the environment is that of a js/wasm test.
func findDriver() (string, error) {
	if path := os.Getenv(driverVar); path != "" {
		return path, nil
	}
	cmd := exec.Command("go", "tool", "-n", "wasmbrowsertest")
	cmd.Env = with(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go tool wasmbrowsertest: %w; "+
			"in a module of its own: go get -tool github.com/agnivade/wasmbrowsertest", err)
	}
	path := strings.TrimSpace(string(out))
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("go tool -n wasmbrowsertest: %w", err)
	}
	return path, nil
}

// runWasm runs one wasm binary in the browser.
func runWasm(args []string) (int, error) {
	if len(args) == 0 {
		return 2, errors.New("run: no file named")
	}
	browser, err := thisSystem().find()
	if err != nil {
		return 1, err
	}
	driver, err := findDriver()
	if err != nil {
		return 1, err
	}
	goroot, err := page.GOROOT(context.Background())
	if err != nil {
		return 1, err
	}
	// Short, as browsers put sockets below it, whose paths are limited.
	dir, err := os.MkdirTemp("", "wasm")
	if err != nil {
		return 1, err
	}
	defer removeAll(dir)
	wasm, err := wasmNamed(args[0], dir)
	if err != nil {
		return 1, err
	}
	path, err := browserDir(runtime.GOOS, dir, browser, os.Getenv("PATH"), browserFlags(os.Geteuid() == 0, os.Getenv))
	if err != nil {
		return 1, err
	}
	cmd := exec.Command(driver, append([]string{wasm}, args[1:]...)...)
	// The browser's profile is in TMPDIR, so that nothing is left if it is killed.
	cmd.Env = with(programEnv(os.Environ()),
		"GOROOT="+goroot, "PATH="+path, "TMPDIR="+dir, "TMP="+dir, "TEMP="+dir)
	if err := checkSize(cmd.Args[1:], cmd.Env); err != nil {
		return 1, err
	}
	return drive(cmd)
}

// removeAll tries again while the processes of a killed browser still write.
func removeAll(dir string) {
	for range 20 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// wasmNamed copies a file into dir if its name does not end in .wasm.
// wasmbrowsertest would do so itself, but replaces each .test in the path.
func wasmNamed(file, dir string) (string, error) {
	if filepath.Ext(file) == ".wasm" {
		return file, nil
	}
	src, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer src.Close()
	path := filepath.Join(dir, strings.TrimSuffix(filepath.Base(file), ".test")+".wasm")
	dst, err := os.Create(path)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(dst, src)
	return path, errors.Join(err, dst.Close())
}

// drive runs wasmbrowsertest until the program ends, is dead or had its time.
func drive(cmd *exec.Cmd) (int, error) {
	// The output may go to head(1).
	ctx, stop := stopSignals(syscall.SIGPIPE)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go stopWithParent(ctx, cancel)
	if limit := testTimeout(cmd.Args); limit > 0 {
		// The test binary ends itself at the limit, unless the page hangs.
		timer := time.AfterFunc(limit+2*stopDelay, func() {
			cancel(fmt.Errorf("the program hangs: no end %v after -test.timeout=%v", 2*stopDelay, limit))
		})
		defer timer.Stop()
	}
	out := &console{w: os.Stdout, dead: func(cause string) {
		time.AfterFunc(time.Second, func() { cancel(errors.New("the program died: " + cause)) })
	}}
	status := &driverLog{w: os.Stderr}
	cmd.Stdout, cmd.Stderr = out, status
	code, err := exitCode(supervise(ctx, cmd, interrupt, killGroup, stopDelay))
	out.Flush()
	status.Flush()
	if ctx.Err() != nil {
		return 2, context.Cause(ctx)
	}
	if status.code != 0 {
		code = status.code
	}
	return code, err
}

// testTimeout finds -test.timeout in the arguments that go test gives a test
// binary: 0 if there is none.
func testTimeout(args []string) time.Duration {
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, "-test.timeout="); ok {
			limit, _ := time.ParseDuration(value)
			return limit
		}
	}
	return 0
}

// stopWithParent cancels when go test was killed, which would leave a browser.
func stopWithParent(ctx context.Context, cancel context.CancelCauseFunc) {
	parent := os.Getppid()
	for tick := time.Tick(500 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			if os.Getppid() != parent {
				cancel(errors.New("the parent process is gone"))
			}
		}
	}
}

// stopSignals are the user's, and that of go test when a test ran too long.
func stopSignals(more ...os.Signal) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), append(more, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)...)
}

// stopDelay is how long a process may take to stop before it is killed.
const stopDelay = 3 * time.Second

// supervise runs cmd in a process group of its own. When ctx ends it calls stop
// and, after delay, kills the group. After its end it calls end for what may be
// left of the group.
func supervise(ctx context.Context, cmd *exec.Cmd, stop, end func(*os.Process), delay time.Duration) error {
	runtime.LockOSThread() // Linux takes the thread for the parent: dieWithParent.
	defer runtime.UnlockOSThread()
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	defer end(cmd.Process)
	ended := make(chan struct{})
	defer close(ended)
	go stopWhenDone(ctx, ended, cmd.Process, stop, delay)
	return cmd.Wait()
}

func stopWhenDone(ctx context.Context, ended <-chan struct{}, p *os.Process, stop func(*os.Process), delay time.Duration) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
		stop(p)
	}
	select {
	case <-ended:
	case <-time.After(delay):
		killGroup(p)
	}
}

// exitCode turns the error of a command that ran and failed into its exit code.
func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		// -1 stands for a signal.
		return max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
