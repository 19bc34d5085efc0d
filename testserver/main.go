//go:build !js

// Command testserver runs a program beside a WebSocket server that behaves,
// or misbehaves, as the program asks by URL.
//
//	testserver COMMAND [ARG…]
//
// It starts the peer on free ports of the loopback interface, says where in
// environment variables (TESTSERVER_WS and others), runs COMMAND and ends with
// its exit code. With no COMMAND it prints the variables and serves until it is
// interrupted. testserver -h lists all that the peer can do.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/twinsocket/websocket/testserver/peer"
)

const usage = `usage: testserver COMMAND [ARG…]

Runs COMMAND beside a WebSocket test peer; the environment says where it is.
With no COMMAND: prints the environment and serves until interrupted.

`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the program; it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("testserver", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage, peer.Usage())
		return 0
	case err != nil:
		fmt.Fprint(stderr, usage)
		return 2
	}
	// Before the command starts: from then on nothing may end this program
	// but the command's end.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	server, err := peer.Start()
	if err != nil {
		fmt.Fprintln(stderr, "testserver:", err)
		return 1
	}
	defer server.Close()
	if flags.NArg() == 0 {
		fmt.Fprintln(stdout, strings.Join(server.Environ(), "\n"))
		<-signals
		return 0
	}
	command := exec.Command(flags.Arg(0), flags.Args()[1:]...)
	command.Env = append(os.Environ(), server.Environ()...)
	command.Stdin, command.Stdout, command.Stderr = stdin, stdout, stderr
	return runCommand(command, signals, stderr)
}

// runCommand passes signals on to the command until it ends.
func runCommand(command *exec.Cmd, signals <-chan os.Signal, stderr io.Writer) int {
	if err := command.Start(); err != nil {
		fmt.Fprintln(stderr, "testserver:", err)
		return 127 // as a shell does
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		select {
		case s := <-signals:
			command.Process.Signal(s)
		case err := <-ended:
			return exitCode(command.ProcessState, err, stderr)
		}
	}
}

// exitCode is the command's exit code, or 128 and more for a signal, as in a
// shell.
func exitCode(state *os.ProcessState, err error, stderr io.Writer) int {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(stderr, "testserver:", err)
		return 1
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
