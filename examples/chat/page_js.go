package main

import (
	"context"
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"github.com/twinsocket/websocket"
)

var (
	window   = js.Global()
	document = window.Get("document")
	grouped  = window.Get("Intl").Get("NumberFormat").New("en") // 8,388,608
)

func element(id string) js.Value { return document.Call("getElementById", id) }

// page is page.html. Its body has a state, "out" or "in", that says which form is visible, and the socket's readyState.
type page struct {
	ws      *websocket.WebSocket // the newest
	name    string               // as the user wants it
	given   string               // as the room says it; "" until its first line
	speaker string               // whose line was the last
	trace   int                  // how many events there were

	frame  js.Func // for requestAnimationFrame
	framed bool    // one is asked for
}

func main() {
	p := new(page)
	p.frame = js.FuncOf(func(js.Value, []js.Value) any {
		p.framed = false
		p.look()
		return nil
	})
	names := make(chan string, 1)
	on(element("join"), "submit", func() {
		select {
		case names <- element("name").Get("value").String():
		default:
		}
	})
	on(element("say"), "submit", p.say)
	on(element("flood"), "click", p.flood)
	p.fold()
	p.status("not connected")
	for {
		p.set("state", "out")
		element("name").Call("focus")
		p.visit(<-names)
	}
}

// fold closes the panel of events where there is little room, and opens it where there is much.
func (p *page) fold() {
	narrow := window.Call("matchMedia", "(max-width: 700px)")
	follow := func() { element("inspector").Set("open", !narrow.Get("matches").Bool()) }
	on(narrow, "change", follow)
	follow()
}

// visit is one stay in the room, with all its connections.
func (p *page) visit(name string) {
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	defer on(element("leave"), "click", func() {
		leave()
		p.watch()
	})()
	p.name = name
	p.set("state", "in")
	element("text").Call("focus")
	if err := chat(ctx, "ws", name, p); err != nil && ctx.Err() == nil { // "ws" is relative to the page's URL
		p.show("* " + err.Error())
	}
}

// attach lists what happens to the socket.
func (p *page) attach(ws *websocket.WebSocket) {
	p.ws, p.given = ws, ""
	element("url").Set("textContent", ws.URL())
	p.event("new", ws.URL())
	for _, typ := range []string{"open", "message", "error", "close"} {
		ws.AddEventListener(typ, func(e websocket.Event) { p.event(e.Type(), detail(e)) })
	}
	ws.AddEventListener("open", func(websocket.Event) { p.event("send", size(websocket.Text(p.name))) }) // chat has sent it
}

// detail says what an event brings: "12 bytes, text", or `1001 “the server stops”, clean`.
func detail(e websocket.Event) string {
	switch e := e.(type) {
	case *websocket.MessageEvent:
		return size(e.Data)
	case *websocket.ErrorEvent:
		return strings.TrimPrefix(e.Err.Error(), "websocket: ")
	case *websocket.CloseEvent:
		text := strconv.Itoa(int(e.Code))
		if e.Reason != "" {
			text += " “" + e.Reason + "”"
		}
		if e.WasClean {
			return text + ", clean"
		}
		return text + ", not clean"
	}
	return ""
}

func size(d websocket.Data) string { return strconv.FormatInt(d.Size(), 10) + " bytes, text" }

// say sends what is written, or leaves it in its field while the socket is not open.
func (p *page) say() {
	field := element("text")
	if text := websocket.Text(field.Get("value").String()); p.ws.ReadyState() == websocket.Open {
		p.ws.Send(text)
		p.event("send", size(text))
		field.Set("value", "")
	}
}

// flood sends 8 MB that nobody reads, so that bufferedAmount can be seen to move.
func (p *page) flood() {
	blank := websocket.Text(strings.Repeat(" ", 4096))
	for range 2048 {
		p.ws.Send(blank)
	}
	p.event("send", "2048 × "+size(blank))
}

var arrows = map[string]string{"send": "↑", "message": "↓"}

// event adds a line to the panel of events: the time, an arrow for a message's direction, what it is.
func (p *page) event(typ, detail string) {
	item := create("li", typ, "")
	text := create("span", "", "")
	text.Call("append", create("b", "", typ), " "+detail)
	item.Call("append", create("time", "", time.Now().Format("15:04:05.000")), create("i", "", arrows[typ]), text)
	add(element("trace"), item, 200)
	p.trace++
	element("count").Set("textContent", grouped.Call("format", p.trace))
	p.watch()
}

// watch looks now and in the next frame, in which a listener or a context's end will have had its effect.
func (p *page) watch() {
	p.look()
	p.nextFrame()
}

// look shows the socket's state and bufferedAmount, and again in the next frame while that falls. At rest it costs nothing.
func (p *page) look() {
	state, buffered := p.ws.ReadyState(), p.ws.BufferedAmount()
	if document.Get("body").Get("dataset").Get("ready").String() != state.String() {
		p.set("ready", state.String())
		element("ready").Set("textContent", state.String())
	}
	element("buffered").Set("textContent", grouped.Call("format", buffered))
	element("send").Set("disabled", state != websocket.Open)
	element("flood").Set("disabled", state != websocket.Open)
	if state == websocket.Open && buffered > 0 {
		p.nextFrame()
	}
}

func (p *page) nextFrame() {
	if !p.framed {
		p.framed = true
		window.Call("requestAnimationFrame", p.frame)
	}
}

// wait counts down, until the user clicks or comes back to the page, or the network does.
func (p *page) wait(ctx context.Context, d time.Duration, retry func()) {
	end := time.Now().Add(d)
	ctx, now := context.WithDeadline(ctx, end)
	defer retry()
	defer now()
	defer on(element("now"), "click", now)()
	defer on(window, "online", now)()
	defer on(document, "visibilitychange", func() {
		if !document.Get("hidden").Bool() {
			now()
		}
	})()
	element("wait").Set("hidden", false)
	defer func() {
		if document.Get("activeElement").Equal(element("now")) { // which is about to vanish
			element("text").Call("focus")
		}
		element("wait").Set("hidden", true)
	}()
	for ctx.Err() == nil {
		left := max(0, time.Until(end))
		seconds := (left + time.Second - 1) / time.Second
		element("left").Set("textContent", "Reconnecting in "+strconv.Itoa(int(seconds))+" s")
		select {
		case <-time.After(left - (seconds-1)*time.Second):
		case <-ctx.Done():
		}
	}
}

// show appends a line, "ada: hello" or "* ada joined".
func (p *page) show(line string) {
	if news, isNews := strings.CutPrefix(line, "* "); isNews {
		if p.given == "" { // "* ada, you are here with bob."
			p.given, _, _ = strings.Cut(news, ", you are ")
		}
		p.speaker = ""
		add(element("lines"), create("li", "news", news), 500)
		return
	}
	name, text, _ := strings.Cut(line, ": ")
	item := create("li", "", "")
	classes := item.Get("classList")
	classes.Call("toggle", "mine", name == p.given)
	classes.Call("toggle", "more", name == p.speaker)
	p.speaker = name
	item.Call("append", create("b", "", name), create("span", "", text))
	add(element("lines"), item, 500)
}

func (p *page) status(text string) { element("status").Set("textContent", text) }

func (p *page) set(key, value string) { document.Get("body").Get("dataset").Set(key, value) }

func create(tag, class, text string) js.Value {
	e := document.Call("createElement", tag)
	e.Set("className", class)
	e.Set("textContent", text)
	return e
}

// add appends an item to a list of at most so many.
func add(list, item js.Value, most int) {
	list.Call("append", item)
	if list.Get("childElementCount").Int() > most {
		list.Get("firstElementChild").Call("remove")
	}
}

// on calls fn for each such event of a target, in place of what the browser would do. fn must not block, since the browser
// waits for it; neither Send nor the end of a context does.
func on(target js.Value, event string, fn func()) (off func()) {
	f := js.FuncOf(func(_ js.Value, args []js.Value) any {
		args[0].Call("preventDefault")
		fn()
		return nil
	})
	target.Call("addEventListener", event, f)
	return func() {
		target.Call("removeEventListener", event, f)
		f.Release()
	}
}
