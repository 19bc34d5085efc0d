//go:build !js

package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/twinsocket/websocket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is only for a test that has gone wrong.
const patience = time.Minute

// startRoom serves a hub and returns the URL of its room.
func startRoom(t *testing.T) (*hub, string) {
	room := newHub()
	server := httptest.NewServer(room)
	t.Cleanup(server.Close)
	t.Cleanup(room.stop)
	return room, "ws" + strings.TrimPrefix(server.URL, "http")
}

// A house is a server that can be closed, or crash, and open again at the same address.
type house struct {
	t       *testing.T
	address string
	site    http.Handler
	hub     *hub
	server  *http.Server

	mu    sync.Mutex
	conns []net.Conn // the rooms; guarded by mu
}

func openHouse(t *testing.T, site http.Handler) *house {
	h := &house{t: t, address: "127.0.0.1:0", site: site}
	h.open()
	t.Cleanup(func() { h.close() })
	return h
}

func (h *house) page() string { return "http://" + h.address + "/" }
func (h *house) room() string { return "ws://" + h.address }

func (h *house) open() {
	h.t.Helper()
	listener, err := net.Listen("tcp", h.address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.address, h.hub = listener.Addr().String(), newHub()
	h.server = &http.Server{Handler: handler(h.site, h.hub), ConnState: h.note}
	go h.server.Serve(listener)
}

func (h *house) note(conn net.Conn, state http.ConnState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if state == http.StateHijacked {
		h.conns = append(h.conns, conn)
	}
}

func (h *house) close() {
	h.server.Close()
	h.hub.stop()
}

// crash ends all connections without a Close frame.
func (h *house) crash() {
	h.server.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, conn := range h.conns {
		conn.Close()
	}
}

// A guest is one of this module's native clients.
type guest struct {
	*websocket.WebSocket
	t      *testing.T
	events chan string // the messages, then "close CODE REASON WASCLEAN"
}

func newGuest(t *testing.T, url string, d websocket.Dialer) *guest {
	t.Helper()
	ws, err := d.New(url)
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{WebSocket: ws, t: t, events: make(chan string, 1000)}
	ws.OnMessage(func(e *websocket.MessageEvent) { g.events <- e.Data.Text() })
	ws.OnClose(func(e *websocket.CloseEvent) {
		g.events <- fmt.Sprintf("close %d %q %t", e.Code, e.Reason, e.WasClean)
	})
	t.Cleanup(func() {
		ws.Start()
		ws.Close(0, "")
		<-ws.Done()
	})
	return g
}

// join comes in with a name. Its first event is the room's words to it.
func join(t *testing.T, url, name string) *guest {
	t.Helper()
	g := newGuest(t, url, websocket.Dialer{})
	g.OnOpen(func(websocket.Event) { g.say(name) })
	g.Start()
	return g
}

func (g *guest) say(text string) {
	if err := g.Send(websocket.Text(text)); err != nil {
		g.t.Error(err)
	}
}

func (g *guest) next() string {
	g.t.Helper()
	select {
	case event := <-g.events:
		return event
	case <-time.After(patience):
		g.t.Fatal("no event came")
		return ""
	}
}

// gets wants these events next.
func (g *guest) gets(want ...string) {
	g.t.Helper()
	for _, want := range want {
		if got := g.next(); got != want {
			g.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestTheRoomTellsWhoJoinsWhatTheySayAndWhoLeaves(t *testing.T) {
	_, url := startRoom(t)
	ada := join(t, url, "ada")
	ada.gets("* ada, you are the first here.")
	bob := join(t, url, "bob")
	bob.gets("* bob, you are here with ada.")
	ada.gets("* bob joined")

	ada.say("héllo")
	ada.gets("ada: héllo")
	bob.gets("ada: héllo")
	bob.say("hi")
	ada.gets("bob: hi")
	bob.gets("bob: hi")

	bob.Close(1000, "bye")
	bob.gets(`close 1000 "" true`) // gorilla answers with the code alone
	ada.gets("* bob left")
}

func TestNames(t *testing.T) {
	const refused = `close 1008 "a name has 1 to 20 characters" true`
	for name, want := range map[string]string{
		" ada\tlovelace\n":      "* ada lovelace, you are the first here.",
		"\x1b[1ma:d*a\u202e":    "* [1mada, you are the first here.",
		strings.Repeat("é", 20): "* " + strings.Repeat("é", 20) + ", you are the first here.",
		strings.Repeat("é", 21): refused,
		" *: ":                  refused,
		"":                      refused,
	} {
		_, url := startRoom(t)
		join(t, url, name).gets(want)
	}
}

func TestASecondOfTheSameNameIsNumbered(t *testing.T) {
	_, url := startRoom(t)
	ada := join(t, url, "ada")
	ada.gets("* ada, you are the first here.")
	join(t, url, "ada").gets("* ada 2, you are here with ada.")
	ada.gets("* ada 2 joined")
	join(t, url, "ada").gets("* ada 3, you are here with ada, ada 2.")
}

func TestMessages(t *testing.T) {
	for name, c := range map[string]struct {
		message websocket.Data
		want    string
	}{
		"control characters": {websocket.Text("a\x1b[2J\nb\u0085"), "ada: a[2J b"},
		"no room's words":    {websocket.Text("* bob joined"), "ada: * bob joined"},
		"longest":            {websocket.Text(strings.Repeat("a", maxMessage)), "ada: " + strings.Repeat("a", maxMessage)},
		"too long":           {websocket.Text(strings.Repeat("b", maxMessage+1)), `close 1009 "got 4097 bytes, want at most 4096" true`},
		"binary":             {websocket.Binary([]byte("a")), `close 1003 "want text" true`},
	} {
		t.Run(name, func(t *testing.T) {
			_, url := startRoom(t)
			ada := join(t, url, "ada")
			ada.gets("* ada, you are the first here.")
			ada.say(" \n") // nothing
			if err := ada.Send(c.message); err != nil {
				t.Error(err)
			}
			ada.gets(c.want)
		})
	}
}

// Its listener blocks, so that in the end TCP takes no more for it.
func TestWhoDoesNotReadIsDroppedAndHoldsUpNobody(t *testing.T) {
	_, url := startRoom(t)
	ada := join(t, url, "ada")
	ada.gets("* ada, you are the first here.")
	slow := newGuest(t, url, websocket.Dialer{})
	read := make(chan struct{})
	slow.OnOpen(func(websocket.Event) {
		slow.say("slow")
		<-read
	})
	slow.OnMessage(nil)
	slow.Start()
	ada.gets("* slow joined")

	long := strings.Repeat("a", maxMessage)
	for event := ""; event != "* slow left"; event = ada.next() {
		if event == "" || event == "ada: "+long {
			ada.say(long)
		} else {
			t.Fatalf("got %q", event)
		}
	}
	ada.gets("ada: " + long)
	close(read)
	slow.gets(`close 1013 "you read too slowly" true`)
}

func TestStopClosesWith1001(t *testing.T) {
	room, url := startRoom(t)
	ada := join(t, url, "ada")
	ada.gets("* ada, you are the first here.")
	nameless := newGuest(t, url, websocket.Dialer{})
	opened := make(chan struct{})
	nameless.OnOpen(func(websocket.Event) { close(opened) })
	nameless.Start()
	<-opened

	room.stop()
	ada.gets(`close 1001 "the server stops" true`)
	nameless.gets(`close 1001 "the server stops" true`)
	join(t, url, "late").gets(`close 1006 "" false`)
}

func TestOtherOriginsAreRefused(t *testing.T) {
	_, url := startRoom(t)
	own := "http" + strings.TrimPrefix(url, "ws")
	for origin, want := range map[string]string{
		own:                       "open",
		"http://example.com":      `close 1006 "" false`,
		"http://127.0.0.1:1":      `close 1006 "" false`,
		"null":                    `close 1006 "" false`,
		strings.ToUpper(own):      "open",
		"https://" + own[7:]:      "open", // behind a proxy that does TLS
		"http://" + own[7:] + "0": `close 1006 "" false`,
	} {
		g := newGuest(t, url, websocket.Dialer{Options: websocket.Options{Origin: origin}})
		g.OnOpen(func(websocket.Event) { g.events <- "open" })
		g.Start()
		if got := g.next(); got != want {
			t.Errorf("Origin %s: got %q, want %q", origin, got, want)
		}
	}
}

func TestPolicy(t *testing.T) {
	w := httptest.NewRecorder()
	withPolicy(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; ") {
		t.Errorf("got the policy %q, want one that begins with nothing allowed", got)
	}
}
