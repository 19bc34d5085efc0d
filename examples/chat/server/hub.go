//go:build !js

package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	gorilla "github.com/gorilla/websocket"
)

const (
	maxName    = 20      // characters
	maxMessage = 4 << 10 // bytes
	maxRead    = 1 << 20 // bytes; what is longer is not even read to its end
	maxQueue   = 64      // lines that wait for one member

	nameWait  = 10 * time.Second // for the first message
	writeWait = 5 * time.Second  // for a member to read
	closeWait = 3 * time.Second  // for a member's Close frame
	pongWait  = 60 * time.Second // for a sign of life
	pingEvery = pongWait * 3 / 4
)

// A hub is the room. A member's first message is its name; the room tells it who is there and the others "* NAME joined". Each
// further message goes to all as "NAME: TEXT". At the end the others are told "* NAME left".
type hub struct {
	running sync.WaitGroup // a connection's goroutines

	mu sync.Mutex
	// guarded by mu
	stopping bool // nobody comes in, nobody is told anything
	members  map[*member]struct{}
}

// A member is a connection. Its reader is the HTTP handler's goroutine, its writer one of its own.
type member struct {
	conn    *gorilla.Conn
	read    chan struct{} // closed when the reader has ended
	written chan struct{} // closed when the writer has ended

	// guarded by the hub's mu
	name     string      // "" until it has said it
	queue    chan string // sent to while in the hub, then closed
	farewell []byte      // the Close frame's content, set before the queue is closed
}

func newHub() *hub { return &hub{members: map[*member]struct{}{}} }

// upgrader takes requests with no Origin, which are not from a browser, and those of the page's own host: gorilla's default.
var upgrader gorilla.Upgrader

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.begin() {
		http.Error(w, "the server stops", http.StatusServiceUnavailable)
		return
	}
	defer h.running.Done()
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	m := &member{
		conn:    conn,
		read:    make(chan struct{}),
		written: make(chan struct{}),
		queue:   make(chan string, maxQueue),
	}
	h.enter(m)
	go m.write()
	h.listen(m)
	<-m.written
}

// begin counts a connection that stop waits for, unless the room is being closed.
func (h *hub) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.stopping {
		h.running.Add(1)
	}
	return !h.stopping
}

// enter takes m in, nameless.
func (h *hub) enter(m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.members[m] = struct{}{}
	if h.stopping { // since begin
		h.drop(m, gorilla.CloseGoingAway, "the server stops")
	}
}

// hush lets nobody in any more, and nobody hear anything.
func (h *hub) hush() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopping = true
}

// stop closes all connections and waits for their ends.
func (h *hub) stop() {
	h.hush()
	h.mu.Lock()
	for m := range h.members {
		h.drop(m, gorilla.CloseGoingAway, "the server stops")
	}
	h.mu.Unlock()
	h.running.Wait()
}

// listen reads until the connection ends, also when m has been dropped: its Close frame comes behind what it said before.
func (h *hub) listen(m *member) {
	defer close(m.read)
	m.conn.SetReadLimit(maxRead)
	m.conn.SetReadDeadline(time.Now().Add(nameWait))
	m.conn.SetPongHandler(func(string) error { return m.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	for {
		kind, message, err := m.conn.ReadMessage()
		if err != nil {
			h.leave(m)
			return
		}
		h.hear(m, kind, message)
		m.conn.SetReadDeadline(time.Now().Add(pongWait))
	}
}

// leave ends a connection that can't be read any more. If that is for a Close frame, gorilla has answered it; if it is for a
// deadline, the member is told.
func (h *hub) leave(m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, here := h.members[m]; here {
		h.expel(m, gorilla.CloseTryAgainLater, "no sign of life")
	}
}

// hear handles a message from m.
func (h *hub) hear(m *member, kind int, message []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, here := h.members[m]; !here {
		return
	}
	text := printable(string(message))
	switch {
	case kind != gorilla.TextMessage:
		h.expel(m, gorilla.CloseUnsupportedData, "want text")
	case len(message) > maxMessage:
		h.expel(m, gorilla.CloseMessageTooBig, fmt.Sprintf("got %d bytes, want at most %d", len(message), maxMessage))
	case m.name == "":
		h.join(m, text)
	case text != "":
		h.tell(m.name + ": " + text)
	}
}

// join gives m its name, if it is one. Called with mu held.
func (h *hub) join(m *member, text string) {
	name := nameOf(text)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName {
		h.expel(m, gorilla.ClosePolicyViolation, fmt.Sprintf("a name has 1 to %d characters", maxName))
		return
	}
	others := h.names()
	for n, wanted := 2, name; slices.Contains(others, name); n++ {
		name = fmt.Sprint(wanted, " ", n)
	}
	h.tell("* " + name + " joined")
	m.name = name
	if len(others) == 0 {
		m.queue <- "* " + name + ", you are the first here."
	} else {
		m.queue <- "* " + name + ", you are here with " + strings.Join(others, ", ") + "."
	}
}

// names are those of the members, sorted. Called with mu held.
func (h *hub) names() []string {
	var names []string
	for m := range h.members {
		if m.name != "" {
			names = append(names, m.name)
		}
	}
	slices.Sort(names)
	return names
}

// tell queues lines for all who have a name. It waits for nobody: who has not read for a full queue is dropped. Called with mu
// held.
func (h *hub) tell(lines ...string) {
	if h.stopping {
		return
	}
	for len(lines) > 0 {
		for m := range h.members {
			if m.name == "" {
				continue
			}
			select {
			case m.queue <- lines[0]:
			default:
				h.drop(m, gorilla.CloseTryAgainLater, "you read too slowly")
				lines = append(lines, "* "+m.name+" left")
			}
		}
		lines = lines[1:]
	}
}

// expel drops m and tells the others. Called with mu held.
func (h *hub) expel(m *member, code int, reason string) {
	h.drop(m, code, reason)
	if m.name != "" {
		h.tell("* " + m.name + " left")
	}
}

// drop takes m out of the room. Its writer then closes the connection. Called with mu held.
func (h *hub) drop(m *member, code int, reason string) {
	delete(h.members, m)
	m.farewell = gorilla.FormatCloseMessage(code, reason)
	close(m.queue)
}

// write writes the queue, and a ping now and then, until m is dropped or does not take it.
func (m *member) write() {
	defer close(m.written)
	defer m.conn.Close() // which ends the reader
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		kind, content := gorilla.PingMessage, ""
		select {
		case <-ping.C:
		case line, more := <-m.queue:
			if !more {
				m.close()
				return
			}
			kind, content = gorilla.TextMessage, line
		}
		m.conn.SetWriteDeadline(time.Now().Add(writeWait))
		if m.conn.WriteMessage(kind, []byte(content)) != nil {
			return
		}
	}
}

// close sends the Close frame and waits for the member's. Without that, closing TCP could take the frame from it.
func (m *member) close() {
	if m.conn.WriteControl(gorilla.CloseMessage, m.farewell, time.Now().Add(writeWait)) != nil {
		return
	}
	select {
	case <-m.read:
	case <-time.After(closeWait):
	}
}

// printable is the text on one line, without control characters.
func printable(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text))
}

// nameOf is the text without what has a meaning in the room's lines, and without what can't be seen.
func nameOf(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == ':' || r == '*' || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, text))
}
