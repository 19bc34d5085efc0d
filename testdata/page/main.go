//go:build js

// Command page gives a test the means to open sockets in a page, and to ask what they left.
package main

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall/js"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/examples/jsclass"
)

var global = js.Global()

func main() {
	global.Set("GoWebSocket", jsclass.New("WebSocket"))
	define("cycle", func(args []js.Value) any {
		return promise(func() any { return cycle(args[0].String(), args[1].Int()) })
	})
	define("inUse", func([]js.Value) any { return promise(inUse) })
	define("keep", func(args []js.Value) any { return promise(func() any { return keep(args[0].String()) }) })
	define("sendAndHang", func(args []js.Value) any {
		return promise(func() any { return sendAndHang(args[0].String(), args[1].Int(), args[2].String()) })
	})
	define("exit", func(args []js.Value) any {
		os.Exit(args[0].Int())
		return nil
	})
	select {}
}

func define(name string, do func(args []js.Value) any) {
	global.Set(name, js.FuncOf(func(_ js.Value, args []js.Value) any { return do(args) }))
}

// promise promises what do returns, which may wait.
func promise(do func() any) js.Value {
	p := global.Get("Promise").Call("withResolvers")
	go func() { p.Call("resolve", do()) }()
	return p.Get("promise")
}

// cycle opens, uses and closes n sockets, eight at a time, and returns what went wrong.
func cycle(url string, n int) any {
	var group sync.WaitGroup
	failed := ""
	for range 8 {
		group.Go(func() {
			for range n / 8 {
				if why := use(url); why != "" {
					failed = why
				}
			}
		})
	}
	group.Wait()
	return failed
}

func use(url string) string {
	ws, err := websocket.New(url)
	if err != nil {
		return err.Error()
	}
	got := ""
	ws.OnOpen(func(websocket.Event) { ws.Send(websocket.Text("x")) })
	ws.OnMessage(func(e *websocket.MessageEvent) {
		if got += e.Data.Text(); got == "x" {
			ws.Send(websocket.Binary([]byte("y")))
		} else {
			ws.Close(1000, got)
		}
	})
	if err := ws.Run(context.Background()); err != nil {
		return err.Error()
	}
	if got != "xy" {
		return "got " + strconv.Quote(got)
	}
	return ""
}

// inUse returns the bytes of live heap and the goroutines.
func inUse() any {
	for range 3 { // pools and finalizers
		runtime.GC()
		runtime.Gosched()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return []any{m.HeapAlloc, runtime.NumGoroutine()}
}

var kept []*websocket.WebSocket

// keep opens a socket, keeps it with listeners for everything, and returns the browser's object when it has started.
func keep(url string) any {
	ws, err := websocket.New(url)
	if err != nil {
		return err.Error()
	}
	for _, typ := range []string{"open", "message", "error", "close"} {
		ws.AddEventListener(typ, func(websocket.Event) {})
	}
	ws.Start()
	time.AfterFunc(time.Second, func() {}) // the test may make the program exit before
	kept = append(kept, ws)
	return ws.JSValue()
}

// sendAndHang sends n messages in a listener, which then lets nothing run until the page's server has answered.
func sendAndHang(url string, n int, question string) any {
	ws, err := websocket.New(url)
	if err != nil {
		return err.Error()
	}
	answer := ""
	ws.OnOpen(func(websocket.Event) {
		for range n {
			ws.Send(websocket.Text("x"))
		}
		request := global.Get("XMLHttpRequest").New()
		request.Call("open", "GET", question, false)
		request.Call("send")
		answer = request.Get("responseText").String()
		ws.Close(1000, "")
	})
	if err := ws.Run(context.Background()); err != nil {
		return err.Error()
	}
	return answer
}
