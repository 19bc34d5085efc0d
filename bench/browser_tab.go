//go:build unix

package main

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	webpage "github.com/twinsocket/websocket/wasm_exec/page"
)

// chromium is the browser with the server of its pages.
type chromium struct {
	ctx     context.Context
	version string
	pages   *httptest.Server
	address string // of the server that the pages connect to
	stop    func()
}

// startChromium starts the browser that the project's tests use.
func startChromium(built map[program][]byte, address string) (*chromium, error) {
	path, err := browserPath()
	if err != nil {
		return nil, err
	}
	handler, err := serveBuilt(built)
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(ctx)
	b := &chromium{ctx: ctx, pages: httptest.NewServer(handler), address: address}
	b.stop = func() {
		endBrowser()
		end()
		b.pages.Close()
	}
	err = chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		_, b.version, _, _, _, err = browser.GetVersion().Do(ctx)
		return err
	}))
	if err != nil {
		b.stop()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// browserPath finds the browser, or installs it, as make chrome does.
func browserPath() (string, error) {
	cmd := exec.Command("go", "run", "github.com/twinsocket/websocket/wasm_exec", "chrome")
	cmd.Stderr = os.Stderr
	path, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("no browser: %w", err)
	}
	return strings.TrimSpace(string(path)), nil
}

//go:embed browser/floor.js
var floorJS string

// A page's script calls ready with its function that connects.
const (
	pageHTML = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">
<script>var ready, client = new Promise(resolve => { ready = resolve; });</script>`

	wasmHTML = pageHTML + `<script src="wasm_exec.js"></script><script src="boot.js"></script>`
)

// serveBuilt serves each program in a folder of its name, and the floor.
func serveBuilt(built map[program][]byte) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("/"+program{}.folder(), func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s<script>%s</script>", pageHTML, floorJS)
	})
	for p, wasm := range built {
		h, err := webpage.Handler(wasm, []byte(wasmHTML))
		if err != nil {
			return nil, err
		}
		mux.Handle("/"+p.folder(), http.StripPrefix("/"+strings.TrimSuffix(p.folder(), "/"), h))
	}
	return mux, nil
}

func (p program) folder() string { return cmp.Or(p.name, "js") + "/" }

// A tab has a page that is connected for a scenario.
type tab struct {
	ctx      context.Context
	close    func()
	page     page
	scenario scenario
	address  string
	did      warmUp // so far
	broken   error
}

// open opens a tab and has its page connect. An error is that of all its measurements.
func (b *chromium) open(p page, s scenario, url string) *tab {
	t := &tab{page: p, scenario: s, address: b.address}
	t.ctx, t.close = chromedp.NewContext(b.ctx)
	chromedp.ListenTarget(t.ctx, t.listen)
	connect := fmt.Sprintf(`client.then(open => open({ url: %q, task: %q, size: %d, text: %t, borrow: %t, window: %d, batch: %d }))
		.then(run => { window.run = run; return true; })`,
		url, s.job.what, s.job.size, s.job.text, p.borrow, s.window, s.batch)
	var connected bool
	t.broken = cmp.Or(
		chromedp.Run(t.ctx), // so that the tab is there, and lives longer than what is done in it
		t.do(
			network.Disable(), // chromedp enables it, and to be told of each frame doubles what a small one costs
			performance.Enable(),
			chromedp.Navigate(b.pages.URL+"/"+p.program.folder()),
			chromedp.Evaluate(connect, &connected, await)))
	return t
}

func await(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// listen shows what a page has to say, such as a panic.
func (t *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		for _, arg := range e.Args {
			log.Printf("%s, %v: the page says %s", t.scenario.name, t.page, arg.Value)
		}
	case *runtime.EventExceptionThrown:
		log.Printf("%s, %v: %v", t.scenario.name, t.page, e.ExceptionDetails)
	}
}

// patience is how long a measurement may take, with what it waits for.
const patience = 30 * time.Second

func (t *tab) do(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// measure has the page work for that time. A failure is the result of this time and all later ones.
func (t *tab) measure(d time.Duration) (r result) {
	if t.broken == nil {
		r, t.broken = t.metered(d)
		if t.broken != nil {
			log.Printf("%s, %v: %v", t.scenario.name, t.page, t.broken)
		}
	}
	if t.broken != nil {
		return result{Cannot: "it failed: " + t.broken.Error()}
	}
	t.did.messages += r.N
	t.did.time += r.Wall
	return r
}

// A warmUp is over when so many messages have passed, or after that time.
type warmUp struct {
	messages int
	time     time.Duration
}

// warmUp has the page work until it has done as much, since it was opened.
func (t *tab) warmUp(want warmUp) {
	for t.broken == nil && t.did.messages < want.messages && t.did.time < want.time {
		t.measure(min(time.Second, want.time-t.did.time))
	}
}

// metered compares what was used before and after, as the server and the browser see it.
func (t *tab) metered(d time.Duration) (r result, err error) {
	server, err := askCounts(t.address)
	if err != nil {
		return r, err
	}
	var before, after time.Duration
	var did struct{ N, Wall float64 }
	run := fmt.Sprintf(`(async () => {
		const start = performance.now(), n = await run(%d);
		return { N: n, Wall: performance.now() - start };
	})()`, d.Milliseconds())
	if err := t.do(threadTime(&before), chromedp.Evaluate(run, &did, await), threadTime(&after)); err != nil {
		return r, err
	}
	now, err := askCounts(t.address)
	r = result{N: int(did.N), Wall: time.Duration(did.Wall * float64(time.Millisecond)), CPU: after - before, Server: now.since(server)}
	return r, cmp.Or(err, t.scenario.complete(r))
}

// threadTime is the CPU time of the page's main thread so far.
func threadTime(total *time.Duration) chromedp.ActionFunc {
	return func(ctx context.Context) error {
		metrics, err := performance.GetMetrics().Do(ctx)
		for _, m := range metrics {
			if m.Name == "ThreadTime" {
				*total = time.Duration(m.Value * float64(time.Second))
				return nil
			}
		}
		return cmp.Or(err, errors.New("the browser tells no ThreadTime"))
	}
}

// complete compares what a client says it did with what the server saw: who loses messages must not win.
func (s scenario) complete(r result) error {
	want, least := int64(r.N), int64(r.N)*int64(s.job.size)
	if s.job.what == receive {
		want, least = want/int64(s.batch), 0
	}
	if r.N == 0 || r.Server.Messages != want || r.Server.Bytes < least {
		return fmt.Errorf("the client counts %d messages, the server got %d with %d bytes, want %d with at least %d",
			r.N, r.Server.Messages, r.Server.Bytes, want, least)
	}
	return nil
}
