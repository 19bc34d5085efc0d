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
	"unicode"

	"github.com/twinsocket/websocket"
)

func main() {
	url := flag.String("url", "ws://127.0.0.1:8080/ws", "the room")
	name := flag.String("name", cmp.Or(os.Getenv("USER"), os.Getenv("USERNAME"), "somebody"), "your name")
	greet := flag.Bool("greet", false, "greet whoever joins instead of reading lines to send")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for the server
	if err := chat(ctx, *url, *name, terminal{name: *name, greets: *greet}); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

type terminal struct {
	name   string
	greets bool
}

func (t terminal) opened(ws *websocket.WebSocket) {
	if t.greets {
		ws.AddEventListener("message", greet)
	} else {
		go read(ws) // ends with the program: nothing interrupts a read of stdin
	}
}

// read sends each line of stdin, and leaves at its end.
func read(ws *websocket.WebSocket) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		ws.Send(websocket.Text(lines.Text()))
	}
	ws.Close(1000, "bye")
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

func (t terminal) status(text string) { fmt.Fprintf(os.Stderr, "%s: %s\n", t.name, text) }
