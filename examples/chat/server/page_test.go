//go:build !js

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A tab shows a page in a headless browser.
type tab struct {
	context.Context
	t *testing.T
}

// browse opens a page. What the browser complains of fails the test, unless it has one of the forgiven texts in it.
func browse(t *testing.T, url string, forgiven ...string) tab {
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
		if !slices.ContainsFunc(forgiven, func(part string) bool { return strings.Contains(what, part) }) {
			complaints = append(complaints, what)
		}
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
	return tab{ctx, t}
}

// do fails the test if the steps can't be done.
func (tab tab) do(steps ...chromedp.Action) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab, patience/2)
	defer cancel()
	if err := chromedp.Run(ctx, steps...); err != nil {
		var body string
		chromedp.Run(tab, chromedp.Text("body", &body))
		tab.t.Fatalf("%v; the page shows\n%s", err, body)
	}
}

func joins(name string) chromedp.Action {
	return chromedp.Tasks{shows("#status", "not connected"), chromedp.SendKeys("#name", name+kb.Enter, chromedp.ByQuery)}
}

func says(text string) chromedp.Action {
	return chromedp.SendKeys("#text", text+kb.Enter, chromedp.ByQuery)
}

func click(selector string) chromedp.Action { return chromedp.Click(selector, chromedp.ByQuery) }

// shows waits until an element shows the text.
func shows(selector, text string) chromedp.Action {
	return until(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q)`, selector, text))
}

// until looks in each frame whether a condition in JavaScript holds. chromedp.Poll would need the policy to allow eval.
func until(condition string) chromedp.Action {
	return evaluate(`new Promise(resolve => {
		const look = () => (`+condition+`) ? resolve(true) : requestAnimationFrame(look);
		look();
	})`, nil)
}

// evaluate sets result to the expression's value, or to what that promises.
func evaluate(expression string, result any) chromedp.Action {
	return chromedp.Evaluate(expression, result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	})
}

// size makes the window so large, and waits until the page has adapted.
func size(width, height int64) chromedp.Action {
	adapted := fmt.Sprintf("innerWidth === %d && document.getElementById('inspector').open === (innerWidth > 700)", width)
	return chromedp.Tasks{chromedp.EmulateViewport(width, height, chromedp.EmulateScale(2)), until(adapted)}
}

// prefers is what the user has chosen for all pages, such as prefers("color-scheme", "dark").
func prefers(what, value string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-" + what, Value: value}})
}

// record has the page keep all texts that an element shows from now on.
func record(id string) chromedp.Action {
	return evaluate(fmt.Sprintf(`(() => {
		const element = document.getElementById(%q), texts = element.texts = [element.innerText];
		new MutationObserver(() => texts.push(element.innerText)).observe(element, {childList: true});
	})()`, id), nil)
}

func recorded(id string, texts *[]string) chromedp.Action {
	return evaluate(fmt.Sprintf(`document.getElementById(%q).texts`, id), texts)
}

func TestPage(t *testing.T) {
	d := startDemo(t)
	tab := browse(t, d.page)
	tab.do(shows("#ready", "no socket"), shows("#buffered", "0"))
	tab.do(joins("ada"), shows("#status", "connected to "+d.room), shows("#ready", "OPEN"), shows("#url", d.room))
	tab.do(shows("#lines", "greeter\nwelcome, ada"), says("héllo"), shows(".mine", "héllo"))

	bob := join(t, d.room, "bob")
	bob.gets("* bob, you are here with ada, greeter.", "greeter: welcome, bob")
	bob.say("<b>hi</b>")
	tab.do(shows("#lines", "bob joined"), shows("#lines", "bob\n<b>hi</b>"))

	tab.do(click("#leave"), shows("#status", "closed with code 1000"), shows("#ready", "CLOSED"))
	bob.gets("bob: <b>hi</b>", "* ada left")
	tab.do(click("#join button"), shows("#ready", "OPEN"))
	bob.gets("* ada joined", "greeter: welcome, ada")
	tab.do(says("again"))
	bob.gets("ada: again")

	tab.do(click("#leave"), chromedp.WaitVisible("#join", chromedp.ByQuery))
	bob.gets("* ada left") // no second "again"
	d.stop()
}

var builtPage = sync.OnceValues(func() (http.Handler, error) { return buildPage(context.Background()) })

func site(t *testing.T) http.Handler {
	t.Helper()
	site, err := builtPage()
	if err != nil {
		t.Fatal(err)
	}
	return site
}

func TestThePageListsTheEvents(t *testing.T) {
	h := openHouse(t, site(t))
	tab := browse(t, h.page())
	tab.do(joins("ada"), shows("#lines", "ada, you are the first here."), says("héllo"), shows(".mine", "héllo"))
	tab.do(click("#leave"), chromedp.WaitVisible("#join", chromedp.ByQuery))
	var events []string
	tab.do(evaluate(`[...document.querySelectorAll("#trace li")].map(e => e.innerText.replaceAll("\n", "|"))`, &events))
	for i, event := range events {
		at, rest, _ := strings.Cut(event, "|")
		if _, err := time.Parse("15:04:05.000", at); err != nil {
			t.Error(err)
		}
		events[i] = rest
	}
	want := []string{
		"new " + h.room() + "/ws", "open", "↑|send 3 bytes, text", "↓|message 30 bytes, text",
		"↑|send 6 bytes, text", "↓|message 11 bytes, text", "close 1000, clean",
	}
	if !slices.Equal(events, want) {
		t.Errorf("got %q, want %q", events, want)
	}
}

func TestThePageComesBackWithTheServer(t *testing.T) {
	h := openHouse(t, site(t))
	tab := browse(t, h.page(), "WebSocket connection to")
	tab.do(joins("ada"), shows("#lines", "ada, you are the first here."), record("ready"))
	h.close()
	tab.do(
		shows("#ready", "CLOSED"),
		shows("#status", "closed with code 1001: the server stops"),
		shows("#trace", "close 1001 “the server stops”, clean"),
		says("kept"),
		until("document.getElementById('ready').texts.length >= 4"), // an attempt was in vain
		shows("#wait", "Reconnecting in "))
	h.open()
	tab.do(until("document.getElementById('wait').checkVisibility() && (document.getElementById('now').click(), true)"))
	tab.do(shows("#ready", "OPEN"), until("document.querySelectorAll('#lines .news').length === 2"))

	bob := join(t, h.room()+"/ws", "bob")
	bob.gets("* bob, you are here with ada.")
	tab.do(until("document.getElementById('text').value === 'kept'"), says(""))
	bob.gets("ada: kept")
	var states []string
	tab.do(recorded("ready", &states))
	want := regexp.MustCompile(`^OPEN CLOSED( CONNECTING CLOSED)+ CONNECTING OPEN$`)
	if got := strings.Join(states, " "); !want.MatchString(got) {
		t.Errorf("got the states %s, want %s", got, want)
	}
}

func TestWhoLeavesWhileThePageWaitsDoesNotComeBack(t *testing.T) {
	h := openHouse(t, site(t))
	tab := browse(t, h.page(), "WebSocket connection to")
	tab.do(joins("ada"), shows("#lines", "ada, you are the first here."))
	h.close()
	tab.do(shows("#wait", "Reconnecting in "), click("#leave"), chromedp.WaitVisible("#join", chromedp.ByQuery))
	tab.do(until("!document.getElementById('wait').checkVisibility()"))
}

func TestThePageSaysThatTheRoomRefusedTheName(t *testing.T) {
	h := openHouse(t, site(t))
	tab := browse(t, h.page())
	tab.do(joins("*"), shows("#status", "closed with code 1008: a name has 1 to 20 characters"))
	tab.do(chromedp.WaitVisible("#join", chromedp.ByQuery))
}

func TestThePageShowsBufferedAmountRiseAndFall(t *testing.T) {
	h := openHouse(t, site(t))
	bob := join(t, h.room()+"/ws", "bob")
	bob.gets("* bob, you are the first here.")
	tab := browse(t, h.page())
	tab.do(joins("ada"), shows("#ready", "OPEN"), until("buffered.innerText === '0'"), record("buffered"))
	tab.do(click("#flood"), until("buffered.texts.length > 1 && buffered.innerText === '0'"), says("done"))
	bob.gets("* ada joined", "ada: done")
	var amounts []string
	tab.do(recorded("buffered", &amounts))
	// The page may show the same amount again before it changes.
	if changes := slices.Compact(amounts); changes[1] != "8,388,608" {
		t.Errorf("got %q, want 8,388,608 first", changes)
	}
}

// misplaced lists the controls that can't be seen or hit, and says if the page is wider or higher than the window.
const misplaced = `[...document.querySelectorAll("button, input, summary, #ready, #buffered")].filter(e => {
	const r = e.getBoundingClientRect();
	const hit = document.elementFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2);
	const whole = r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight;
	return e.checkVisibility() && !(whole && e.contains(hit) && (r.height >= 24 || !e.matches("button, input, summary")));
}).map(e => e.id || e.innerText).concat(
	document.scrollingElement.scrollWidth > innerWidth ? ["wide"] : [],
	document.scrollingElement.scrollHeight > innerHeight ? ["high"] : [])`

func TestThePageFitsPhonesAndDesks(t *testing.T) {
	h := openHouse(t, site(t))
	tab := browse(t, h.page(), "WebSocket connection to")
	fits := func(state string) {
		t.Helper()
		for _, window := range [][2]int64{{320, 568}, {390, 844}, {700, 800}, {701, 600}, {1440, 900}} {
			for _, toggle := range []chromedp.Action{chromedp.Tasks{}, click("summary")} {
				var wrong []string
				tab.do(size(window[0], window[1]), toggle, evaluate(misplaced, &wrong))
				if len(wrong) > 0 {
					t.Errorf("%s, %v: got %q misplaced", state, window, wrong)
				}
			}
			tab.do(click("summary"))
		}
	}
	fits("out")
	tab.do(joins("ada"), shows("#lines", "ada, you are the first here."))
	tab.do(says(strings.Repeat("long", 200)), shows(".mine", "long"), says("last"), shows(".mine:last-child", "last"))
	for _, visible := range []string{"#leave", "#text", "#send", "#buffered", "#ready"} {
		tab.do(chromedp.WaitVisible(visible, chromedp.ByQuery))
	}
	fits("in")
	h.close()
	tab.do(shows("#wait", "Reconnecting"))
	fits("waiting")
}

// faint lists the texts whose contrast is less than WCAG's level AA asks for.
const faint = `[...document.querySelectorAll("h1, code, p, dt, dd, h2, summary, span, b, time, i, button:enabled, label, input, .news")].filter(e => {
	const channels = color => color.match(/[\d.]+/g).map(Number);
	const luminance = color => channels(color).slice(0, 3).map(v => v / 255)
		.map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	let behind = e;
	while (channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
	const [dark, light] = [getComputedStyle(e).color, getComputedStyle(behind).backgroundColor].map(luminance).sort((a, b) => a - b);
	return e.checkVisibility() && (light + .05) / (dark + .05) < 4.5;
}).map(e => e.outerHTML)`

func TestThePageFollowsTheColorScheme(t *testing.T) {
	h := openHouse(t, site(t))
	tab := browse(t, h.page(), "WebSocket connection to")
	legible := func(state string) {
		t.Helper()
		var backgrounds [2]string
		for i, scheme := range []string{"light", "dark"} {
			var wrong []string
			tab.do(prefers("color-scheme", scheme), evaluate(faint, &wrong),
				evaluate("getComputedStyle(document.body).backgroundColor", &backgrounds[i]))
			if len(wrong) > 0 {
				t.Errorf("%s, %s: got %q with little contrast", state, scheme, wrong)
			}
		}
		if backgrounds[0] == backgrounds[1] {
			t.Errorf("%s: got the background %s in light and in dark", state, backgrounds[0])
		}
	}
	legible("out")
	tab.do(joins("ada"), shows("#lines", "ada, you are the first here."), says("hello"), shows(".mine", "hello"))
	bob := join(t, h.room()+"/ws", "bob")
	bob.gets("* bob, you are here with ada.")
	bob.say("hi")
	tab.do(shows("#lines", "bob\nhi"))
	legible("OPEN")
	h.close()
	tab.do(shows("#wait", "Reconnecting"))
	legible("CLOSED")
}
