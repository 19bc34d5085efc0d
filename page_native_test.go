//go:build !js

package websocket_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/twinsocket/websocket/wasm_exec/page"
)

// A tab shows the page of testdata/page in a headless browser. What the browser's console has at the end fails the test.
type tab struct {
	context.Context
	t *testing.T
}

const pageHTML = `<!doctype html><title>test</title><link rel="icon" href="data:,"><script src="wasm_exec.js"></script>
<script src="instance.js"></script><script src="boot.js" defer></script><p id="status">Loading</p>`

// instanceJS keeps the object that holds what Go refers to in JavaScript.
const instanceJS = `globalThis.Go = class extends Go { constructor() { super(); globalThis.instance = this; } };`

var built = sync.OnceValues(func() ([]byte, error) { return page.Build(context.Background(), "./testdata/page") })

// site serves the page, whose policy allows no eval.
func site(t *testing.T) string {
	t.Helper()
	wasm, err := built()
	if err != nil {
		t.Fatal(err)
	}
	mux, err := page.Handler(wasm, []byte(pageHTML))
	if err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("/instance.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, instanceJS)
	})
	mux.HandleFunc("/recorded", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.ReplaceAll(ask(t, server()+r.URL.String()), "\n", " "))
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws://127.0.0.1:*")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func browse(t *testing.T) tab {
	t.Helper()
	path, err := exec.Command("go", "run", "./wasm_exec", "chrome").Output()
	if err != nil {
		t.Fatalf("no browser: %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(strings.TrimSpace(string(path))),
		chromedp.Flag("disable-features", "BackForwardCache")) // a page in it is not unloaded
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	listenForComplaints(t, ctx)
	tab := tab{ctx, t}
	tab.do(chromedp.Navigate(site(t)), loaded)
	return tab
}

// loaded waits until the program runs.
var loaded = chromedp.Poll("globalThis.inUse !== undefined", nil)

func listenForComplaints(t *testing.T, ctx context.Context) {
	var mu sync.Mutex
	var complaints []string // guarded by mu
	complain := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		complaints = append(complaints, fmt.Sprintf(format, args...))
	}
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *log.EventEntryAdded:
			complain("%s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		case *runtime.EventExceptionThrown:
			complain("%v", e.ExceptionDetails)
		case *runtime.EventConsoleAPICalled:
			complain("%s: %s", e.Type, e.Args[0].Value)
		}
	})
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(complaints) > 0 {
			t.Errorf("the browser says\n%s", strings.Join(complaints, "\n"))
		}
	})
}

// do fails the test if the steps can't be done.
func (tab tab) do(steps ...chromedp.Action) {
	tab.t.Helper()
	if err := chromedp.Run(tab, steps...); err != nil {
		tab.t.Fatal(err)
	}
}

// evaluate sets result to what an expression promises.
func evaluate(result any, format string, args ...any) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf(format, args...), result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	})
}

// usage is what a page takes.
type usage struct {
	heap, js   float64 // bytes of live objects, in Go and in JavaScript
	goroutines float64
	values     int // that Go refers to in JavaScript, js.Funcs among them
}

// usage collects garbage on both sides, whose objects refer to each other, and returns what is left.
func (tab tab) usage() (u usage) {
	tab.t.Helper()
	for range 2 {
		var of []float64
		tab.do(evaluate(&of, "inUse()"), heapprofiler.CollectGarbage(), evaluate(&u.values, "instance._ids.size"),
			chromedp.ActionFunc(func(ctx context.Context) (err error) {
				u.js, _, _, _, err = runtime.GetHeapUsage().Do(ctx)
				return err
			}))
		u.heap, u.goroutines = of[0], of[1]
	}
	return u
}

// sockets are how many a page opens to show that they leave nothing: more if there is time, as make soak says.
func sockets() int {
	if os.Getenv("SOAK") != "" {
		return 10000
	}
	return 1000
}

// Sockets that were opened, used and closed in one page leave both heaps, the goroutines and the js.Funcs as they were.
func TestManySocketsInAPageLeaveNothing(t *testing.T) {
	tab := browse(t)
	var failed string
	tab.do(evaluate(&failed, "cycle('%s/echo', 500)", server()))
	before := tab.usage()
	tab.do(evaluate(&failed, "cycle('%s/echo', %d)", server(), sockets()))
	if failed != "" {
		t.Error(failed)
	}
	deadline := time.Now().Add(30 * time.Second)
	after := tab.usage()
	for leaks(before, after) && time.Now().Before(deadline) {
		after = tab.usage()
	}
	t.Logf("%d sockets: before %+v, after %+v", sockets(), before, after)
	if leaks(before, after) {
		t.Error("they have left something")
	}
}

// leaks wants next to nothing of what is measured, and nothing of what is counted; a few values lie beside others that live on.
func leaks(before, after usage) bool {
	return after.heap > before.heap+100_000 || after.js > before.js+1_000_000 || after.goroutines > before.goroutines || after.values > before.values+20
}

// An object of the class that is closed is collected though its own handlers refer to it, and its Go side goes with it.
func TestClosedObjectsOfTheClassAreCollected(t *testing.T) {
	tab := browse(t)
	const use = `(async () => {
		globalThis.refs = [];
		const one = () => new Promise(resolve => {
			const ws = new GoWebSocket('%s/echo');
			ws.onopen = () => ws.send("x");
			ws.onmessage = () => ws.close();
			ws.onclose = e => resolve(e.code);
			refs.push(new WeakRef(ws));
		});
		for (let i = 0; i < 100; i++) if (await one() !== 1005) return false;
		return true;
	})()`
	const few = 2 // whose last reference in Go lies beside one that lives on: the runtime frees both together
	rounds := func(n int) usage {
		t.Helper()
		var right bool
		for range n {
			tab.do(evaluate(&right, use, server()))
			if !right {
				t.Error("a socket was not closed with 1005")
			}
		}
		for left, deadline := few+1, time.Now().Add(30*time.Second); left > few; {
			tab.usage()
			tab.do(evaluate(&left, "refs.filter(r => r.deref()).length"))
			if time.Now().After(deadline) {
				t.Fatalf("%d of 100 objects are left", left)
			}
		}
		tab.do(evaluate(nil, "new Promise(resolve => setTimeout(resolve, 0))")) // in which their Go sides go
		return tab.usage()
	}
	before := rounds(1)
	after := rounds(3)
	t.Logf("before %+v, after %+v", before, after)
	if leaks(before, after) {
		t.Error("objects that were collected have left something")
	}
}

// countMessages has the page count the messages that the browser gives to WebAssembly's functions, whose names are numbers, and
// those that it gives to others, which are several for each.
const countMessages = `globalThis.count = {wasm: 0, others: 0};
const {set} = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
Object.defineProperty(WebSocket.prototype, "onmessage", {set(f) {
	const kind = /^\d+$/.test(f?.name) ? "wasm" : "others";
	set.call(this, f && function (e) {
		count[kind]++;
		f.call(this, e);
	});
}});
const counted = new WeakSet();
WebSocket.prototype.addEventListener = function (type, f) {
	const add = f => EventTarget.prototype.addEventListener.call(this, type, f);
	if (type === "message" && !counted.has(this)) add(() => count.others++);
	if (type === "message") counted.add(this);
	add(f);
};`

// compileNothing has the page be like a host that runs a program but compiles no module for it.
const compileNothing = `WebAssembly.Module = function () { throw new WebAssembly.CompileError("disallowed by embedder"); };`

// The page's policy, script-src 'self' 'wasm-unsafe-eval', allows the module that messages pass. Without it they pass all the same.
func TestMessagesPassWithAndWithoutTheModule(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"with", "", "80 by WebAssembly, 0 by others"},
		{"without", compileNothing, "0 by WebAssembly, 80 by others"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := browse(t)
			var failed, got string
			tab.do(evaluate(nil, "%s%s null", countMessages, c.script), evaluate(&failed, "cycle('%s/echo', 40)", server()),
				evaluate(&got, "`${count.wasm} by WebAssembly, ${count.others} by others`"))
			if failed != "" || got != c.want {
				t.Errorf("got %s, want %s; %s", got, c.want, failed)
			}
		})
	}
}

// What a listener sends does not wait for it to return, however long it goes on.
func TestMessagesLeaveWhileTheirListenerRuns(t *testing.T) {
	tab := browse(t)
	for _, n := range []int{1, 2, 10} {
		id := newID(t)
		var got string
		tab.do(evaluate(&got, "sendAndHang('%s/echo?id=%s', %d, 'recorded?wait=%d&id=%s')", server(), id, n, n+1, id))
		if want := "request" + strings.Repeat(" text:x", n); got != want {
			t.Errorf("while the listener ran the peer got %q, want %q", got, want)
		}
	}
}

// busy are sockets in all stages: idle, flooded, about to get something, and connecting.
func busy(id string) (urls []string) {
	for _, path := range []string{"/echo?", "/send?n=20000&size=100",
		raw("text:a", "sleep:200", "text:b", "close:3000:bye", "expect:close", "end"), raw("delay=300", "end")} {
		urls = append(urls, fmt.Sprintf("'%s%s&id=%s'", server(), path, id))
	}
	return urls
}

// keepAll opens sockets that the program keeps, and waits until all but the last are open.
const keepAll = `globalThis.objects = []; (async () => {
	for (const url of [%s]) objects.push(await keep(url));
	for (const ws of objects.slice(0, -1)) await (ws.readyState > 0 || new Promise(resolve => ws.addEventListener("open", resolve)));
})()`

func TestUnloadWithOpenSocketsIsQuiet(t *testing.T) {
	tab := browse(t)
	elsewhere := evaluate(nil, "location.href = 'boot.js'")
	for _, leave := range []chromedp.Action{chromedp.Reload(), elsewhere} {
		id := newID(t)
		tab.do(loaded, evaluate(nil, keepAll, strings.Join(busy(id), ",")), leave)
		if n := ask(t, server()+"/count?until=0&id="+id); n != "0" {
			t.Errorf("%s connections outlive the page", n)
		}
	}
}

// The objects go on without the program, since a browser gives no means to end them: nothing of it reaches the console. Nor do
// the program's timers, of which the last was set before the page's own.
func TestExitWithOpenSocketsIsQuiet(t *testing.T) {
	tab := browse(t)
	tab.do(evaluate(nil, keepAll, strings.Join(busy(newID(t)), ",")), evaluate(nil, "exit(0)"))
	var left int
	tab.do(chromedp.Poll("document.getElementById('status').textContent === 'The program has ended with exit code 0.'", nil),
		evaluate(&left, `(async () => {
			for (const ws of objects.slice(0, 2)) ws.close();
			for (const ws of objects) await (ws.readyState === 3 || new Promise(resolve => ws.addEventListener("close", resolve)));
			await new Promise(resolve => setTimeout(resolve, 1200));
			return objects.filter(ws => ws.readyState !== 3).length;
		})()`))
	if left > 0 {
		t.Errorf("%d sockets are open", left)
	}
}
