package main

import (
	"context"
	"strings"
	"syscall/js"

	"github.com/twinsocket/websocket"
)

var document = js.Global().Get("document")

func element(id string) js.Value { return document.Call("getElementById", id) }

// page is page.html. Its body has a state, "out", "connecting" or "in", that says what of it is visible.
type page struct{ name, text, log, lines js.Value }

func main() {
	p := page{element("name"), element("text"), element("log"), element("lines")}
	names := make(chan string, 1)
	on(element("join"), "submit", func() {
		select {
		case names <- p.name.Get("value").String():
		default:
		}
	})
	p.status("not connected")
	for {
		p.state("out")
		p.name.Call("focus")
		p.visit(<-names)
	}
}

// visit is one stay in the room.
func (p page) visit(name string) {
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	defer on(element("leave"), "click", leave)()

	p.state("connecting")
	p.status("connecting")
	if err := chat(ctx, "ws", name, p); err != nil { // relative to the page's URL
		p.show("* " + err.Error())
	}
}

func (p page) opened(ws *websocket.WebSocket) {
	off := on(element("say"), "submit", func() {
		ws.Send(websocket.Text(p.text.Get("value").String()))
		p.text.Set("value", "")
	})
	ws.AddEventListener("close", func(websocket.Event) { off() })
	p.state("in")
	p.text.Call("focus")
}

// show appends a line, "ada: hello" or "* ada joined", and keeps the end in view unless the user looks at something else.
func (p page) show(line string) {
	item := document.Call("createElement", "li")
	if news, isNews := strings.CutPrefix(line, "* "); isNews {
		item.Set("className", "news")
		item.Set("textContent", news)
	} else {
		name, text, _ := strings.Cut(line, ": ")
		who := document.Call("createElement", "b")
		who.Set("textContent", name+": ")
		item.Call("append", who, text)
	}
	atEnd := p.log.Get("scrollTop").Int()+p.log.Get("clientHeight").Int() > p.log.Get("scrollHeight").Int()-50
	p.lines.Call("append", item)
	if p.lines.Get("childElementCount").Int() > 500 {
		p.lines.Get("firstElementChild").Call("remove")
	}
	if atEnd {
		p.log.Set("scrollTop", p.log.Get("scrollHeight"))
	}
}

func (p page) status(text string) { element("status").Set("textContent", text) }
func (p page) state(name string)  { document.Get("body").Get("dataset").Set("state", name) }

// on calls fn for each such event of an element, in place of what the browser would do. fn must not block, since the browser
// waits for it; neither Send nor the end of a context does.
func on(element js.Value, event string, fn func()) (off func()) {
	f := js.FuncOf(func(_ js.Value, args []js.Value) any {
		args[0].Call("preventDefault")
		fn()
		return nil
	})
	element.Call("addEventListener", event, f)
	return func() {
		element.Call("removeEventListener", event, f)
		f.Release()
	}
}
