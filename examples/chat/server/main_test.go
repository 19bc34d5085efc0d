//go:build !js

package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// demo is the whole of it, running on a free port.
type demo struct {
	t     *testing.T
	page  string // the URL that was printed
	room  string
	end   context.CancelFunc
	ended chan error
}

func startDemo(t *testing.T) *demo {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir()) // stop looks there
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	d := &demo{t: t, end: cancel, ended: make(chan error, 1)}
	go func() {
		d.ended <- run(ctx, 0, write)
		write.Close()
	}()
	lines := bufio.NewScanner(read)
	for d.page == "" && lines.Scan() {
		if rest, found := strings.CutPrefix(lines.Text(), "chat: open "); found {
			d.page, _, _ = strings.Cut(rest, " ")
		}
	}
	if d.page == "" {
		t.Fatalf("no URL was printed: %v", <-d.ended)
	}
	d.room = "ws" + strings.TrimPrefix(d.page, "http") + "ws"
	go io.Copy(io.Discard, read)
	return d
}

// stop is what Ctrl-C does.
func (d *demo) stop() {
	d.t.Helper()
	d.end()
	if err := <-d.ended; err != nil {
		d.t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "chat*")); len(left) > 0 {
		d.t.Errorf("left behind: %v", left)
	}
}

func TestTheGreeterGreetsWhoeverJoins(t *testing.T) {
	d := startDemo(t)
	ada := join(t, d.room, "ada")
	ada.gets("* ada, you are here with greeter.", "greeter: welcome, ada")
	bob := join(t, d.room, "bob")
	bob.gets("* bob, you are here with ada, greeter.", "greeter: welcome, bob")
	ada.gets("* bob joined", "greeter: welcome, bob")

	d.stop()
	ada.gets(`close 1001 "the server stops" true`)
	bob.gets(`close 1001 "the server stops" true`)
}

func TestTheGreeterDoesNotWantToComeBackToARoomThatIsClosed(t *testing.T) {
	said, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	defer func(original *os.File) { os.Stderr = original }(os.Stderr)
	os.Stderr = said
	d := startDemo(t)
	ada := join(t, d.room, "ada")
	ada.gets("* ada, you are here with greeter.", "greeter: welcome, ada")
	d.stop()
	ada.gets(`close 1001 "the server stops" true`) // and no "* greeter left"
	got, _ := os.ReadFile(said.Name())
	if want := "greeter: connected to " + d.room + "\ngreeter: closed with code 1000\n"; string(got) != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestTheTerminalSendsWhatIsTypedAndLeavesAtTheEnd(t *testing.T) {
	_, url := startRoom(t)
	ada := join(t, url, "ada")
	ada.gets("* ada, you are the first here.")
	bob := startTerminal(t, url, "bob")
	ada.gets("* bob joined")
	bob.prints("* bob, you are here with ada.")

	io.WriteString(bob.stdin, "hi\n")
	ada.gets("bob: hi")
	bob.prints("bob: hi")
	ada.say("bye")
	bob.prints("ada: bye")

	bob.stdin.Close()
	bob.complains("bob: connected to "+url+"/", "bob: closed with code 1000")
	bob.ends(0)
	ada.gets("ada: bye", "* bob left")
}

func TestCtrlCClosesTheTerminalsConnection(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a program there can't send another one a Ctrl-C")
	}
	_, url := startRoom(t)
	bob := startTerminal(t, url, "bob")
	bob.prints("* bob, you are the first here.")
	bob.Process.Signal(os.Interrupt)
	bob.complains("bob: connected to "+url+"/", "bob: closed with code 1000")
	bob.ends(0)
}

func TestTheTerminalSaysWhyItCouldNotConnect(t *testing.T) {
	bob := startTerminal(t, "ws://127.0.0.1:1/", "bob")
	bob.complains("bob: closed with code 1006")
	if errors := bob.ends(1); !strings.Contains(errors, "blocked") {
		t.Errorf("got %q, want a word on the blocked port", errors)
	}
}

func TestTheTerminalComesBackAfterACrash(t *testing.T) {
	h := openHouse(t, http.NotFoundHandler())
	bob := startTerminal(t, h.room()+"/ws", "bob", "-greet")
	bob.prints("* bob, you are the first here.")
	h.crash()
	bob.complains("bob: connected to "+h.room()+"/ws", "bob: closed with code 1006", "bob: again in ")
	io.WriteString(bob.stdin, "kept\n")
	bob.complains("bob: closed with code 1006", "bob: again in ") // an attempt was in vain
	h.open()
	bob.prints("* bob, you are the first here.", "bob: kept")
	ada := join(t, h.room()+"/ws", "ada")
	ada.gets("* ada, you are here with bob.", "bob: welcome, ada")
	bob.prints("* ada joined", "bob: welcome, ada")
	bob.stdin.Close()
	ada.gets("* bob left")
	bob.ends(0)
}

func TestTheTerminalLeavesWhileItWaits(t *testing.T) {
	h := openHouse(t, http.NotFoundHandler())
	bob := startTerminal(t, h.room()+"/ws", "bob")
	bob.prints("* bob, you are the first here.")
	h.close()
	bob.complains("bob: connected to "+h.room()+"/ws", "bob: closed with code 1001: the server stops", "bob: again in ")
	bob.stdin.Close()
	bob.ends(0)
}

func TestTheTerminalDoesNotComeBackWithANameThatTheRoomRefused(t *testing.T) {
	_, url := startRoom(t)
	bob := startTerminal(t, url, "*")
	bob.complains("*: connected to "+url+"/", "*: closed with code 1008: a name has 1 to 20 characters")
	bob.ends(0)
}

// terminal is the native client, running.
type terminal struct {
	*exec.Cmd
	t      *testing.T
	stdin  io.WriteCloser
	stdout *bufio.Scanner
	stderr *bufio.Scanner
}

func startTerminal(t *testing.T, url, name string, flags ...string) *terminal {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chat.exe")
	if _, err := goCommand(t.Context(), "build", "-o", path, client); err != nil {
		t.Fatal(err)
	}
	flags = append(flags, "-url", url, "-name", name)
	c := &terminal{Cmd: exec.CommandContext(t.Context(), path, flags...), t: t}
	c.stdin, _ = c.StdinPipe()
	stdout, _ := c.StdoutPipe()
	stderr, _ := c.StderrPipe()
	c.stdout, c.stderr = bufio.NewScanner(stdout), bufio.NewScanner(stderr)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c
}

// prints wants the lines next in stdout.
func (c *terminal) prints(want ...string) {
	c.t.Helper()
	for _, want := range want {
		if c.stdout.Scan(); c.stdout.Text() != want {
			c.t.Fatalf("got the line %q, want %q", c.stdout.Text(), want)
		}
	}
}

// complains wants lines that begin so next in stderr.
func (c *terminal) complains(want ...string) {
	c.t.Helper()
	for _, want := range want {
		if c.stderr.Scan(); !strings.HasPrefix(c.stderr.Text(), want) {
			c.t.Fatalf("got the line %q in stderr, want %q", c.stderr.Text(), want)
		}
	}
}

// ends wants the terminal to end, and returns what is left in stderr.
func (c *terminal) ends(code int) (rest string) {
	c.t.Helper()
	for c.stderr.Scan() {
		rest += c.stderr.Text()
	}
	c.Wait()
	if got := c.ProcessState.ExitCode(); got != code {
		c.t.Errorf("got exit code %d, want %d", got, code)
	}
	return rest
}

func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	var out strings.Builder
	err = run(t.Context(), taken.Addr().(*net.TCPAddr).Port, &out)
	want := "port " + port + " of 127.0.0.1 is taken: use -port (make demo PORT="
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
	if out.Len() > 0 {
		t.Errorf("got %q, want nothing printed or built before", out.String())
	}
}

func TestStopWhileBuilding(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, 0, write) }()
	bufio.NewReader(read).ReadString('\n')
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
