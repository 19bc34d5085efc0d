//go:build !js

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"
)

// TestMain is also the command that testserver runs in the tests.
func TestMain(m *testing.M) {
	switch os.Getenv("TESTSERVER_TEST") {
	case "":
		os.Exit(m.Run())
	case "echo":
		os.Exit(echo())
	case "wait":
		os.Exit(waitForSignal())
	default:
		code, _ := strconv.Atoi(os.Getenv("TESTSERVER_TEST"))
		os.Exit(code)
	}
}

// echo sends a line of its input through the peer.
func echo() int {
	ws, _, err := websocket.DefaultDialer.Dial(os.Getenv("TESTSERVER_WS")+"/echo", nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer ws.Close()
	line, _ := bufio.NewReader(os.Stdin).ReadBytes('\n')
	ws.WriteMessage(websocket.TextMessage, line)
	_, line, err = ws.ReadMessage()
	fmt.Print(string(line))
	fmt.Fprint(os.Stderr, err)
	return 0
}

func waitForSignal() int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	fmt.Println("ready")
	<-signals
	return 9
}

func TestCommandHasThePeerAndTheStreams(t *testing.T) {
	t.Setenv("TESTSERVER_TEST", "echo")
	var stdout, stderr bytes.Buffer
	code := run([]string{os.Args[0], "-flag-of-the-command"}, strings.NewReader("hello\n"), &stdout, &stderr)
	if got := fmt.Sprint(code, stdout.String(), stderr.String()); got != "0hello\n<nil>" {
		t.Errorf("got %q", got)
	}
}

func TestExitCodeIsTheCommands(t *testing.T) {
	for _, code := range []int{0, 1, 42} {
		t.Setenv("TESTSERVER_TEST", strconv.Itoa(code))
		if code == 0 {
			t.Setenv("TESTSERVER_TEST", "00")
		}
		if got := run([]string{os.Args[0]}, nil, io.Discard, io.Discard); got != code {
			t.Errorf("got %d, want %d", got, code)
		}
	}
}

func TestSignalIsForwarded(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGTERM there")
	}
	t.Setenv("TESTSERVER_TEST", "wait")
	out, in := io.Pipe()
	code := make(chan int)
	go func() { code <- run([]string{os.Args[0]}, nil, in, io.Discard) }()
	bufio.NewReader(out).ReadString('\n')
	terminate(t)
	if got := <-code; got != 9 {
		t.Errorf("got %d, want 9", got)
	}
}

// terminate sends SIGTERM to this process.
func terminate(t *testing.T) {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(syscall.SIGTERM)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoCommandPrintsTheEnvironmentAndServes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGTERM there")
	}
	out, in := io.Pipe()
	code := make(chan int)
	go func() { code <- run(nil, nil, in, io.Discard) }()
	lines := bufio.NewScanner(out)
	lines.Scan()
	base, ok := strings.CutPrefix(lines.Text(), "TESTSERVER_WS=")
	if !ok {
		t.Fatalf("got %q, want TESTSERVER_WS=…", lines.Text())
	}
	ws, _, err := websocket.DefaultDialer.Dial(base+"/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	ws.Close()
	for range 6 {
		lines.Scan()
	}
	terminate(t)
	if got := <-code; got != 0 {
		t.Errorf("got %d, want 0", got)
	}
}

func TestFlags(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-h"}, 0, "/recorded"},
		{[]string{"-x"}, 2, "not defined: -x"},
		{[]string{"no-such-command-here"}, 127, "not found"},
	} {
		var out bytes.Buffer
		if code := run(test.args, nil, &out, &out); code != test.code {
			t.Errorf("%s: got %d, want %d", test.args, code, test.code)
		}
		if !strings.Contains(out.String(), test.want) {
			t.Errorf("%s: got %q, want … %s …", test.args, out.String(), test.want)
		}
	}
}
