//go:build !js

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browse opens a page in a headless browser. What it complains of fails the test.
func browse(t *testing.T, url string) context.Context {
	t.Helper()
	path, err := goCommand(t.Context(), "run", "github.com/twinsocket/websocket/wasm_exec", "chrome")
	if err != nil {
		t.Fatalf("no browser: %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)

	var mu sync.Mutex
	var complaints []string // guarded by mu
	complain := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		complaints = append(complaints, what)
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(complaints) > 0 {
			t.Errorf("the browser says %s", strings.Join(complaints, "\n"))
		}
	})
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *log.EventEntryAdded:
			complain(fmt.Sprintf("%s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL))
		case *runtime.EventExceptionThrown:
			complain(e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			complain(fmt.Sprintf("%s: %s", e.Type, e.Args[0].Value))
		}
	})
	if err := chromedp.Run(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// shows waits until an element shows the text. chromedp.Poll would need the policy to allow eval.
func shows(selector, text string) chromedp.Action {
	script := fmt.Sprintf(`new Promise(resolve => {
		const look = () => { if (document.querySelector(%q).innerText.includes(%q)) resolve(true); };
		new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true});
		look();
	})`, selector, text)
	return chromedp.Evaluate(script, nil, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	})
}

func TestPage(t *testing.T) {
	d := startDemo(t)
	tab := browse(t, d.page)
	do := func(steps ...chromedp.Action) {
		t.Helper()
		ctx, cancel := context.WithTimeout(tab, patience/2)
		defer cancel()
		if err := chromedp.Run(ctx, steps...); err != nil {
			var body string
			chromedp.Run(tab, chromedp.Text("body", &body))
			t.Fatalf("%v; the page shows\n%s", err, body)
		}
	}

	do(shows("#status", "not connected"), chromedp.SendKeys("#name", "ada"+kb.Enter, chromedp.ByQuery))
	do(shows("#status", "connected to "+d.room), shows("#lines", "greeter: welcome, ada"))
	do(chromedp.SendKeys("#text", "héllo"+kb.Enter, chromedp.ByQuery), shows("#lines", "ada: héllo"))

	bob := join(t, d.room, "bob")
	bob.gets("* bob, you are here with ada, greeter.", "greeter: welcome, bob")
	bob.say("<b>hi</b>")
	do(shows("#lines", "bob joined"), shows("#lines", "bob: <b>hi</b>"))

	do(chromedp.Click("#leave", chromedp.ByQuery), shows("#status", "closed with code 1000"))
	bob.gets("bob: <b>hi</b>", "* ada left")
	do(chromedp.Click("#join button", chromedp.ByQuery), shows("#status", "connected to "+d.room))
	bob.gets("* ada joined", "greeter: welcome, ada")
	do(chromedp.SendKeys("#text", "again"+kb.Enter, chromedp.ByQuery))
	bob.gets("ada: again")

	d.stop()
	bob.gets(`close 1001 "the server stops" true`) // no second "again": the listeners of the first visit are gone
	do(shows("#status", "closed with code 1001: the server stops"), chromedp.WaitVisible("#join", chromedp.ByQuery))
}
