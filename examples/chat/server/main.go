//go:build !js

// Command server serves the chat: the page, with the client compiled for js/wasm, and the room at /ws. A native client in it
// greets whoever joins.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/twinsocket/websocket/wasm_exec/page"
)

const client = "github.com/twinsocket/websocket/examples/chat"

func main() {
	port := flag.Int("port", 8080, "port of 127.0.0.1; 0 is any free one")
	flag.Parse()

	// A terminal's Ctrl-C goes to go run, which waits for this program, and to the greeter as well.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C waits for nothing
	if err := run(ctx, *port, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. It listens first: a taken port is known at once, and the builds are slow.
func run(ctx context.Context, port int, out io.Writer) error {
	listener, err := listen(port)
	if err != nil {
		return err
	}
	defer listener.Close()
	dir, err := os.MkdirTemp("", "chat")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(out, "chat: building the page and the native client")
	site, native, err := build(ctx, dir)
	if ctx.Err() != nil {
		return nil // stopped while it was built
	}
	if err != nil {
		return err
	}
	return serve(ctx, listener, site, native, out)
}

// serve opens the room, has the greeter come in, and prints the page's URL.
func serve(ctx context.Context, listener net.Listener, site http.Handler, native string, out io.Writer) error {
	room := newHub()
	server := &http.Server{Handler: handler(site, room), ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	defer server.Close()
	defer room.stop()
	greeting, leave := context.WithCancel(context.Background())
	defer leave()
	defer context.AfterFunc(ctx, func() {
		room.hush() // first: then nobody is told that the greeter left
		leave()     // before the room is closed, or it would want to come back
	})()

	address := listener.Addr().String()
	err := greet(greeting, native, address, out, func() {
		fmt.Fprintf(out, "chat: open http://%s/  Ctrl-C to stop\n", address)
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("the greeter: %w", err)
	}
	<-ctx.Done()
	return nil
}

func listen(port int) (net.Listener, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	const inWindows = syscall.Errno(10048) // WSAEADDRINUSE
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, inWindows) {
		return nil, fmt.Errorf("port %d of 127.0.0.1 is taken: use -port (make demo PORT=%d)", port, port+1)
	}
	return listener, err
}

// build compiles the client twice. It returns what serves the one, and the path of the other, in dir.
func build(ctx context.Context, dir string) (site http.Handler, native string, err error) {
	if site, err = buildPage(ctx); err != nil {
		return nil, "", err
	}
	native = filepath.Join(dir, "chat.exe") // Windows wants the ending, the others don't mind
	_, err = goCommand(ctx, "build", "-o", native, client)
	return site, native, err
}

func buildPage(ctx context.Context) (http.Handler, error) {
	source, err := goCommand(ctx, "list", "-f", "{{.Dir}}", client)
	if err != nil {
		return nil, err
	}
	html, err := os.ReadFile(filepath.Join(source, "page.html"))
	if err != nil {
		return nil, err
	}
	wasm, err := page.Build(ctx, client)
	if err != nil {
		return nil, err
	}
	return page.Handler(wasm, html)
}

// goCommand returns what a go command prints, or an error with what it complains of.
func goCommand(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it removes its own temporary files
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.Output()
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		err = fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

func handler(site http.Handler, room *hub) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.Handle("/ws", room)
	return withPolicy(mux)
}

// withPolicy lets the page load nothing from elsewhere. In connect-src, 'self' stands for ws to the same host too.
func withPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "+
			"style-src 'unsafe-inline' 'self'; connect-src 'self'")
		next.ServeHTTP(w, r)
	})
}

// greet runs the native client until ctx ends and passes on what it prints. It calls ready when the client is in the room.
func greet(ctx context.Context, native, address string, out io.Writer, ready func()) error {
	greeter := exec.CommandContext(ctx, native, "-greet", "-name", "greeter", "-url", "ws://"+address+"/ws")
	greeter.Stderr = os.Stderr
	stdin, err := greeter.StdinPipe() // it leaves at the end of it, also if this program is killed
	if err != nil {
		return err
	}
	greeter.Cancel = stdin.Close
	greeter.WaitDelay = 10 * time.Second // or is killed
	stdout, err := greeter.StdoutPipe()
	if err != nil {
		return err
	}
	if err := greeter.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(stdout)
	if lines.Scan() { // the room's words to it
		ready()
	}
	for lines.Scan() {
		fmt.Fprintln(out, lines.Text())
	}
	return greeter.Wait()
}
