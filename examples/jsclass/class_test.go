//go:build js

package jsclass_test

import (
	"cmp"
	"fmt"
	"os"
	"syscall/js"
	"testing"
	"time"

	"github.com/twinsocket/websocket/examples/jsclass"
)

// A row is the body of an async function and what it returns, as JSON. It is run over the browser's class and over this one.
type row struct {
	name   string
	script string
	want   string

	chromium, because string // what Chromium has where it departs from the Standard, and how
	ours, why         string // what the class has where it can't do as the Standard says, and why
}

// prelude is in the scope of every script, besides the class as WebSocket.
const prelude = `
const idle = server + "/close"; // for sockets that are left as they are: the server closes them, as a page may have no more than 255
const next = (target, type) => new Promise(resolve => target.addEventListener(type, resolve, {once: true}));
const task = () => new Promise(resolve => setTimeout(resolve));
const outcome = f => {
	try { f(); return "ok"; } catch (e) { return e instanceof DOMException ? "DOMException " + e.name : e instanceof Error ? e.name : e; }
};
const open = async (path = "/echo", protocols = []) => {
	const ws = new WebSocket(server + path, protocols);
	ws.binaryType = "arraybuffer";
	await next(ws, "open");
	return ws;
};
const show = data => typeof data === "string" ? data : data instanceof Blob ? "blob " + data.size : "bytes " + new Uint8Array(data);
const echo = async (...data) => {
	const ws = await open(), got = [];
	for (const d of data) {
		ws.send(d);
		got.push(show((await next(ws, "message")).data));
	}
	ws.close();
	return got;
};
const end = async ws => { const e = await next(ws, "close"); return [e.code, e.reason, e.wasClean]; };
const log = ws => {
	const events = [];
	for (const type of ["open", "message", "error", "close"]) ws.addEventListener(type, e => events.push(type + "/" + ws.readyState));
	return events;
};
`

// run runs a script over a class.
func run(t *testing.T, class js.Value, script string) string {
	t.Helper()
	f := js.Global().Call("eval", "(async (WebSocket, server) => {"+prelude+"return JSON.stringify(await (async () => {\n"+script+"\n})()) })")
	got := make(chan string, 1)
	var settled [2]js.Func
	for i, format := range []string{"%s", "rejected: %s"} {
		settled[i] = js.FuncOf(func(_ js.Value, args []js.Value) any {
			got <- fmt.Sprintf(format, js.Global().Get("String").Invoke(args[0]).String())
			return nil
		})
		defer settled[i].Release()
	}
	f.Invoke(class, os.Getenv("TESTSERVER_WS")).Call("then", settled[0], settled[1])
	select {
	case s := <-got:
		return s
	case <-time.After(30 * time.Second):
		return "the script does not end"
	}
}

func TestTheBrowsersClassAndThisOne(t *testing.T) {
	browsers, ours := js.Global().Get("WebSocket"), jsclass.New("WebSocket")
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			wantOf(t, "the browser's", run(t, browsers, r.script), r.want, r.chromium, r.because)
			wantOf(t, "the class", run(t, ours, r.script), r.want, r.ours, r.why)
		})
	}
}

func wantOf(t *testing.T, who, got, want, instead, reason string) {
	t.Helper()
	if (instead == "") != (reason == "") {
		t.Error("a difference without a reason, or a reason without one")
	}
	if want = cmp.Or(instead, want); got != want {
		t.Errorf("%s: got  %s\nwant %s", who, got, want)
	}
}

// A page's scripts find the class in the place of the browser's, which it runs over.
func TestInTheBrowsersPlace(t *testing.T) {
	browsers := js.Global().Get("WebSocket")
	js.Global().Set("WebSocket", jsclass.New("WebSocket"))
	defer js.Global().Set("WebSocket", browsers)
	got := run(t, js.Global().Get("WebSocket"), `const ws = new globalThis.WebSocket(server + "/echo"); await next(ws, "open"); ws.close(); return end(ws)`)
	if got != `[1005,"",true]` {
		t.Errorf("got %s", got)
	}
}
