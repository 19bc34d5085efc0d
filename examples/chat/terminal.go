//go:build !js

package main

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/twinsocket/websocket"
)

func main() {
	url := flag.String("url", "ws://127.0.0.1:8080/ws", "the room")
	name := flag.String("name", cmp.Or(os.Getenv("USER"), os.Getenv("USERNAME"), "somebody"), "your name")
	greet := flag.Bool("greet", false, "greet whoever joins")
	flag.Parse()

	ctx, leave := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, leave) // a second Ctrl-C does not wait for the server
	t := terminal{*name, *greet, make(chan *websocket.WebSocket, 1)}
	go t.read(leave) // ends with the program: nothing interrupts a read of stdin
	if err := chat(ctx, *url, *name, t); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

type terminal struct {
	name   string
	greets bool
	open   chan *websocket.WebSocket // holds the socket while it is open
}

func (t terminal) attach(ws *websocket.WebSocket) {
	ws.AddEventListener("open", func(websocket.Event) {
		t.open <- ws
		ws.AddEventListener("close", func(websocket.Event) { <-t.open })
	})
	if t.greets {
		ws.AddEventListener("message", greet)
	}
}

// read sends each line of stdin, once there is an open socket for it, and leaves at the end.
func (t terminal) read(leave func()) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		ws := <-t.open
		ws.Send(websocket.Text(lines.Text()))
		t.open <- ws
	}
	leave()
}

// greet answers "* ada joined", which the room tells everybody but ada.
func greet(e websocket.Event) {
	line := e.(*websocket.MessageEvent).Data.Text()
	rest, isNews := strings.CutPrefix(line, "* ")
	if name, isJoin := strings.CutSuffix(rest, " joined"); isNews && isJoin {
		e.Target().(*websocket.WebSocket).Send(websocket.Text("welcome, " + name))
	}
}

// show prints a line without what would control the terminal.
func (t terminal) show(line string) {
	fmt.Println(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, line))
}

func (t terminal) wait(_ context.Context, d time.Duration, _ func()) {
	t.status("again in " + d.Round(100*time.Millisecond).String())
}

func (t terminal) status(text string) { fmt.Fprintf(os.Stderr, "%s: %s\n", t.name, text) }
