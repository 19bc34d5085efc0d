// Package heartbeat finds a dead peer by messages, natively and in a browser, which has no ping for a program: when nothing has come
// for a while it sends a message that the peer answers, and closes the socket if nothing comes then.
//
// Natively, Options.PingInterval does the same by frames that need nothing of the peer's program. There is no reason to use both.
package heartbeat

import (
	"sync"
	"time"

	"github.com/twinsocket/websocket"
)

// A Heartbeat says how. The zero Heartbeat sends the text "ping" after 20 s of silence and closes after 20 s more.
type Heartbeat struct {
	// Interval is after how long a silence of the peer's a message is sent. The timer that looks for that is not set anew by what
	// comes, so it may be twice as long. 0 is 20 s.
	Interval time.Duration
	// Timeout is how long after that something has to come. 0 is Interval. So a dead peer is found within Interval, Timeout and the
	// longer of them once more. In a page that nobody looks at, browsers call timers late, some once a minute: there it takes longer. A timer that
	// is late by more than Timeout, as after a computer's sleep, asks again.
	Timeout time.Duration
	// Message is what is sent. An empty text is the text "ping". It is not copied.
	Message websocket.Data
	// IsAnswer reports whether a message is nothing but the answer. The listeners that were added after Start do not see it then. nil
	// is for servers whose answers the program may see. Any message is a sign of life.
	IsAnswer func(websocket.Data) bool
	// Code and Reason are for the Close of a socket whose peer is dead. A Code of 0 is 4000 with "no heartbeat"; with a code or a
	// reason that Close does not take it closes without one. The close event comes when the closing handshake is given up: natively after Options.CloseTimeout, in a browser after a time of its own.
	Code   uint16
	Reason string
	// Dead, if set, is called before that Close, on a goroutine of its own.
	Dead func()
}

// Start watches over a socket from its open event on, or from now on if it is open, until it begins to close or stop is called. For
// IsAnswer call it before other listeners are added. In package reconnect's Subscribe, which is called for each connection, it
// watches over that one; its answers are seen there.
func (h Heartbeat) Start(ws *websocket.WebSocket) (stop func()) {
	b := &beat{Heartbeat: h.withDefaults(), ws: ws}
	removes := []func(){
		ws.AddEventListener("message", b.message),
		ws.AddEventListener("open", func(websocket.Event) { b.begin() }, websocket.Once),
		ws.AddEventListener("close", func(websocket.Event) { b.end() }, websocket.Once),
	}
	if ws.ReadyState() == websocket.Open {
		b.begin()
	}
	return func() {
		for _, remove := range removes {
			remove()
		}
		b.end()
	}
}

func (h Heartbeat) withDefaults() Heartbeat {
	if h.Interval <= 0 {
		h.Interval = 20 * time.Second
	}
	if h.Timeout <= 0 {
		h.Timeout = h.Interval
	}
	if h.Message.IsText() && h.Message.Size() == 0 {
		h.Message = websocket.Text("ping")
	}
	if h.Code == 0 {
		h.Code, h.Reason = 4000, "no heartbeat"
	}
	return h
}

// beat is the watch over one socket.
type beat struct {
	Heartbeat
	ws *websocket.WebSocket

	mu    sync.Mutex
	timer *time.Timer
	due   time.Time // of the timer
	heard bool      // since the timer last went off
	asked bool
	over  bool
}

func (b *beat) message(e websocket.Event) {
	b.mu.Lock()
	b.heard = true
	b.mu.Unlock()
	if m, ok := e.(*websocket.MessageEvent); ok && b.IsAnswer != nil && b.IsAnswer(m.Data) {
		e.StopImmediatePropagation()
	}
}

func (b *beat) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer == nil && !b.over {
		b.due = time.Now().Add(b.Interval)
		b.timer = time.AfterFunc(b.Interval, b.look)
	}
}

func (b *beat) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.timer != nil {
		b.timer.Stop()
	}
}

// look is the timer's.
func (b *beat) look() {
	if b.ws.ReadyState() != websocket.Open {
		return
	}
	switch b.next() {
	case ask:
		b.ws.Send(b.Message)
	case giveUp:
		if b.Dead != nil {
			b.Dead()
		}
		if b.ws.Close(b.Code, b.Reason) != nil {
			b.ws.Close(0, "")
		}
	}
}

type step int

const (
	wait step = iota
	ask
	giveUp
)

// next sets the timer and returns what there is to do now.
func (b *beat) next() step {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	late := now.Sub(b.due) > b.Timeout // what has come meanwhile may be on its way to the listeners
	heard := b.heard
	b.heard = false
	switch {
	case b.over:
		return wait
	case heard:
		b.asked = false
		b.set(now, b.Interval)
		return wait
	case b.asked && !late:
		b.over = true
		return giveUp
	default:
		b.asked = true
		b.set(now, b.Timeout)
		return ask
	}
}

// set sets the timer. Called with mu held.
func (b *beat) set(now time.Time, d time.Duration) {
	b.due = now.Add(d)
	b.timer.Reset(d)
}
