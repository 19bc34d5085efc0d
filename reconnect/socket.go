package reconnect

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/twinsocket/websocket"
)

// A Socket is one WebSocket after the other. Make one with [New] or [Dialer.New], add listeners, then call [Socket.Run] or
// [Socket.Start]. It ends by [Socket.Close] or by its policy; until then it runs, even if the program no longer refers to it. The
// zero Socket is of no use.
//
// Its events are those of each connection, "open", "message", "error" and "close", of the types that a [websocket.WebSocket] has
// for them, and its own: "connecting" ([*ConnectingEvent]) before each attempt, "reconnecting" ([*ReconnectingEvent]) before each
// wait, and "end" ([*EndEvent]) once, at the end. A connection's events are passed on by DispatchEvent: their target is the
// Socket, and they are not trusted.
type Socket struct {
	dialer    Dialer
	url       string
	protocols []string
	target    websocket.EventTarget
	check     *websocket.WebSocket // never started: it has found the URL right, judges what Close is given, and reminds of Start
	ctx       context.Context      // ends with Close
	cancel    context.CancelFunc
	done      chan struct{}

	// goroutine of the listeners only
	everOpen bool
	opened   time.Time // when the last connection opened; zero if it did not

	mu sync.Mutex
	// guarded by mu
	started bool
	ended   bool
	end     error                // what Run returns
	ws      *websocket.WebSocket // the newest
	direct  *websocket.WebSocket // the newest that has got the queue: Send sends on it while it is open
	wake    chan struct{}        // closed by RetryNow; nil but while it waits
	queue   []websocket.Data
	queued  int64 // bytes in queue, and at the end those that were

	onOpen         slot[websocket.Event]
	onMessage      slot[*websocket.MessageEvent]
	onError        slot[*websocket.ErrorEvent]
	onClose        slot[*websocket.CloseEvent]
	onConnecting   slot[*ConnectingEvent]
	onReconnecting slot[*ReconnectingEvent]
	onEnd          slot[*EndEvent]
}

// New makes a socket for the URL, with the default options. Nothing is sent before Start or Run. What websocket.New does not
// allow is an error here too.
func New(url string, protocols ...string) (*Socket, error) {
	return new(Dialer).New(url, protocols...)
}

// New makes a socket as the function New does, with d's options. Those that mean nothing are an [*OptionError].
func (d *Dialer) New(url string, protocols ...string) (*Socket, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	checked := d.Dialer
	checked.Trace = nil
	if checked.Engine != nil { // which may connect as soon as it is called, and has options of its own
		checked = websocket.Dialer{}
	}
	check, err := checked.New(url, protocols...)
	if err != nil {
		return nil, err
	}
	s := &Socket{dialer: *d, url: url, protocols: slices.Clone(protocols), check: check, done: make(chan struct{})}
	s.dialer.Stable = orDefault(d.Stable, 5*time.Second)
	s.dialer.QueueMessages = orDefault(d.QueueMessages, 1024)
	s.dialer.QueueBytes = orDefault(d.QueueBytes, 1<<20)
	s.target = websocket.NewEventTargetFor(s)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Start begins the first attempt and returns at once; events flow from here. A second call does nothing. After Close there is
// no attempt: the end event follows. A socket that is not started within 5 s is reported, as a WebSocket is.
func (s *Socket) Start() {
	s.mu.Lock()
	first := !s.started
	s.started = true
	s.mu.Unlock()
	if first {
		s.check.Close(0, "") // no reminder
		go s.run()
	}
}

// Run starts the socket and waits for the end. It returns the error of the last connection, or of the last attempt: nil if it was
// closed cleanly, with whatever code, and nil if Close or ctx ended the socket while no connection was open. When ctx ends, Run
// calls Close(1000, "") and waits on. A nil ctx has no end. Run may be called more than once, and after the end.
func (s *Socket) Run(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	s.Start()
	select {
	case <-s.done:
	case <-ctx.Done():
		s.Close(1000, "")
		<-s.done
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end
}

// Done returns a channel that is closed when the listeners of the end event have returned: nothing is left of the socket then. It
// does not start it.
func (s *Socket) Done() <-chan struct{} { return s.done }

// WebSocket returns the newest connection, which has the URL, Protocol and Extensions; nil before the first "connecting".
func (s *Socket) WebSocket() *websocket.WebSocket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ws
}

// ReadyState returns Open while Send goes straight to a connection, Closing from Close on, Closed from the end event on, and
// else, also while it waits or was not started, Connecting.
func (s *Socket) ReadyState() websocket.ReadyState {
	s.mu.Lock()
	direct, ended := s.direct, s.ended
	s.mu.Unlock()
	switch {
	case ended:
		return websocket.Closed
	case s.ctx.Err() != nil:
		return websocket.Closing
	case isOpen(direct):
		return websocket.Open
	}
	return websocket.Connecting
}

func isOpen(ws *websocket.WebSocket) bool { return ws != nil && ws.ReadyState() == websocket.Open }

// BufferedAmount returns the number of bytes of messages that Send has taken and that have not been given to the network: the
// queue's, and those of the connection. What was lost with a connection does not count. At the end the queue's bytes that never
// left stay in it for good.
func (s *Socket) BufferedAmount() uint64 {
	s.mu.Lock()
	queued, ws := s.queued, s.ws
	s.mu.Unlock()
	if ws == nil || ws.ReadyState() == websocket.Closed {
		return uint64(queued)
	}
	return uint64(queued) + ws.BufferedAmount()
}

// Send sends a message if a connection is open, and else does as [Dialer].Queue says: by default it queues the message, before
// Start too. It returns at once and copies what it needs. From Close on, and after the end, it returns
// websocket.ErrInvalidState.
func (s *Socket) Send(d websocket.Data) error {
	for {
		s.mu.Lock()
		ws := s.direct
		s.mu.Unlock()
		if isOpen(ws) {
			return ws.Send(d)
		}
		if done, err := s.keep(d, ws); done {
			return err
		}
	}
}

// keep does with a message what is done while no connection is open. It does nothing if ws is no longer what Send sends on.
func (s *Socket) keep(d websocket.Data, ws *websocket.WebSocket) (done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.direct != ws:
		return false, nil
	case s.ctx.Err() != nil:
		return true, invalidState("Send: the socket was closed, or has come to its end")
	case s.dialer.Queue == Fail:
		return true, invalidState("Send: no connection is open, and Queue is Fail")
	case s.dialer.Queue == Drop:
		return true, nil
	}
	d = owned(d)
	if err := s.room(d.Size()); err != nil {
		return true, err
	}
	s.queue = append(s.queue, d)
	s.queued += d.Size()
	return true, nil
}

func invalidState(message string) error {
	return &websocket.DOMException{Name: websocket.ErrInvalidState.Name, Message: message}
}

// owned returns d without what the caller may change. Text is as it will be sent, so that its size is too.
func owned(d websocket.Data) websocket.Data {
	switch {
	case d.IsText():
		return websocket.Text(string([]rune(d.Text())))
	case d.IsBinary():
		return websocket.Binary(bytes.Clone(d.Bytes()))
	}
	return d
}

// room sees that so many bytes fit. Called with mu held.
func (s *Socket) room(size int64) error {
	if !s.fits(size) && (s.dialer.Queue == QueueOrFail || s.dialer.QueueBytes >= 0 && size > s.dialer.QueueBytes) {
		return &QueueError{size, len(s.queue), s.queued, s.dialer.QueueMessages, s.dialer.QueueBytes}
	}
	for !s.fits(size) {
		s.pop()
	}
	return nil
}

// fits reports whether a message fits behind those that are queued. Called with mu held.
func (s *Socket) fits(size int64) bool {
	return (s.dialer.QueueMessages < 0 || len(s.queue) < s.dialer.QueueMessages) &&
		(s.dialer.QueueBytes < 0 || s.queued+size <= s.dialer.QueueBytes)
}

// pop takes the oldest message. Called with mu held.
func (s *Socket) pop() websocket.Data {
	d := s.queue[0]
	s.queue[0] = websocket.Data{} // its bytes are not the queue's any more
	s.queue = s.queue[1:]
	s.queued -= d.Size()
	return d
}

// Close ends the socket for good and returns at once. A connection is closed as by websocket.WebSocket.Close, which says what
// code and reason may be; close and end events follow. While the socket waits, the wait and the socket end at once, and what is
// queued is dropped. Before Start nothing happens but that Start will make no connection. A second call, and one after the end,
// does nothing.
func (s *Socket) Close(code uint16, reason string) error {
	if err := s.check.Close(code, reason); err != nil {
		return err
	}
	s.cancel()
	if ws := s.WebSocket(); ws != nil {
		ws.Close(code, reason)
	}
	return nil
}

// RetryNow ends the wait for the next attempt, if there is one: when the network is back, or the user asks. The attempts are
// counted on. It returns at once; in a browser a js.FuncOf may call it.
func (s *Socket) RetryNow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}

// OnOpen sets what is called when a connection has opened, behind Subscribe and the queue; nil removes it. OnOpen and the like
// are one listener each; for more, see [Socket.AddEventListener].
func (s *Socket) OnOpen(fn func(websocket.Event)) { s.onOpen.set(s, "open", fn) }

// OnMessage sets what is called for each message; nil removes it.
func (s *Socket) OnMessage(fn func(*websocket.MessageEvent)) { s.onMessage.set(s, "message", fn) }

// OnError sets what is called when a connection fails, before the close event, and when Prepare or the URL did not let it come
// to one; nil removes it.
func (s *Socket) OnError(fn func(*websocket.ErrorEvent)) { s.onError.set(s, "error", fn) }

// OnClose sets what is called when a connection is closed; nil removes it.
func (s *Socket) OnClose(fn func(*websocket.CloseEvent)) { s.onClose.set(s, "close", fn) }

// OnConnecting sets what is called before each attempt; nil removes it.
func (s *Socket) OnConnecting(fn func(*ConnectingEvent)) { s.onConnecting.set(s, "connecting", fn) }

// OnReconnecting sets what is called before each wait; nil removes it. The wait goes on while it runs.
func (s *Socket) OnReconnecting(fn func(*ReconnectingEvent)) {
	s.onReconnecting.set(s, "reconnecting", fn)
}

// OnEnd sets what is called at the end; nil removes it.
func (s *Socket) OnEnd(fn func(*EndEvent)) { s.onEnd.set(s, "end", fn) }

// AddEventListener has listener called for each event of the type: see [websocket.EventTarget].
func (s *Socket) AddEventListener(typ string, listener func(websocket.Event), o ...websocket.ListenerOption) (remove func()) {
	return s.target.AddEventListener(typ, listener, o...)
}

// DispatchEvent calls the listeners of e's type at once, on the caller's goroutine: see [websocket.EventTarget].
func (s *Socket) DispatchEvent(e websocket.Event) (notCanceled bool, err error) {
	return s.target.DispatchEvent(e)
}

// slot is a listener that can be exchanged.
type slot[E websocket.Event] struct {
	mu     sync.Mutex
	remove func() // guarded by mu; may be nil
}

func (l *slot[E]) set(s *Socket, typ string, fn func(E)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.remove != nil {
		l.remove()
		l.remove = nil
	}
	if fn != nil {
		l.remove = s.AddEventListener(typ, func(e websocket.Event) {
			if e, ok := e.(E); ok { // a synthetic event may have any name
				fn(e)
			}
		})
	}
}

// run is the socket's goroutine. It ends with the socket.
func (s *Socket) run() {
	last := s.connections()
	s.cancel()
	s.mu.Lock()
	s.ended, s.end, s.queue = true, last.Err, nil
	s.mu.Unlock()
	s.dispatch(&EndEvent{websocket.NewEvent("end", websocket.EventInit{}), last})
	close(s.done)
}

// connections makes connections and waits between them. It returns the last loss, or none if Close ended a wait.
func (s *Socket) connections() Loss {
	for attempt := 0; s.ctx.Err() == nil; {
		loss := s.connect(attempt)
		if s.ctx.Err() != nil {
			return loss
		}
		if !s.opened.IsZero() && time.Since(s.opened) >= s.dialer.Stable {
			attempt = 0
		}
		attempt++
		loss.Attempt = attempt
		delay, again := s.decide(loss)
		if !again {
			return loss
		}
		s.wait(loss, delay)
	}
	return Loss{}
}

// connect makes one connection and returns how it has ended.
func (s *Socket) connect(attempt int) (loss Loss) {
	s.opened = time.Time{}
	ws, err := s.prepare(attempt)
	if err != nil && s.ctx.Err() == nil {
		apart(func() { s.fail(err) })
		return Loss{Err: err}
	}
	if !s.take(ws) {
		return Loss{}
	}
	s.forward(ws, &loss.Close)
	s.dispatch(&ConnectingEvent{websocket.NewEvent("connecting", websocket.EventInit{}), attempt, ws})
	err = ws.Run(context.Background())
	if s.ctx.Err() == nil || !s.opened.IsZero() { // else nothing was lost but an attempt that nobody wants any more
		loss.Err = err
	}
	return loss
}

// take makes ws the newest connection, unless Close came before it could see ws.
func (s *Socket) take(ws *websocket.WebSocket) bool {
	if ws == nil {
		return false
	}
	s.mu.Lock()
	s.ws = ws
	s.mu.Unlock()
	if s.ctx.Err() == nil {
		return true
	}
	ws.Close(0, "")
	return false
}

// prepare makes the WebSocket of an attempt.
func (s *Socket) prepare(number int) (*websocket.WebSocket, error) {
	a := &Attempt{number, s.url, slices.Clone(s.protocols), s.dialer.Dialer}
	if s.dialer.Prepare != nil {
		err := errors.New("reconnect: Prepare ended its goroutine")
		apart(func() { err = s.dialer.Prepare(s.ctx, a) })
		if err != nil {
			return nil, err
		}
	}
	return a.Dialer.New(a.URL, a.Protocols...)
}

// forward passes the events of ws on, before any listener of the program can stop them.
func (s *Socket) forward(ws *websocket.WebSocket, closed **websocket.CloseEvent) {
	pass := func(typ string, fn func(websocket.Event)) {
		ws.AddEventListener(typ, func(e websocket.Event) {
			if e.IsTrusted() { // not one that the program dispatches to ws
				fn(e)
			}
		}, websocket.Capture)
	}
	pass("open", func(websocket.Event) { s.open(ws) })
	pass("message", func(e websocket.Event) {
		m := e.(*websocket.MessageEvent)
		s.DispatchEvent(websocket.NewMessageEvent("message", websocket.MessageEventInit{Data: m.Data, Origin: m.Origin()}))
	})
	pass("error", func(e websocket.Event) { s.fail(e.(*websocket.ErrorEvent).Err) })
	pass("close", func(e websocket.Event) {
		c := e.(*websocket.CloseEvent)
		*closed = websocket.NewCloseEvent("close", websocket.CloseEventInit{WasClean: c.WasClean, Code: c.Code, Reason: c.Reason})
		s.DispatchEvent(*closed)
	})
}

func (s *Socket) fail(err error) {
	s.DispatchEvent(websocket.NewErrorEvent("error", websocket.ErrorEventInit{Err: err}))
}

// open is the beginning of a connection. Deferred, since Subscribe may end its goroutine.
func (s *Socket) open(ws *websocket.WebSocket) {
	first := !s.everOpen
	s.everOpen, s.opened = true, time.Now()
	defer s.DispatchEvent(websocket.NewEvent("open", websocket.EventInit{}))
	defer s.flush(ws)
	if s.dialer.Subscribe != nil {
		s.dialer.Subscribe(ws, first)
	}
}

// flush sends what is queued, while the connection is open. What Send is given meanwhile goes behind it.
func (s *Socket) flush(ws *websocket.WebSocket) {
	for isOpen(ws) {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.queue, s.direct = nil, ws
			s.mu.Unlock()
			return
		}
		d := s.pop()
		s.mu.Unlock()
		if err := ws.Send(d); err != nil { // a Blob that the engine can't send
			s.fail(err)
		}
	}
}

// decide asks the policy. One that ends its goroutine ends the socket.
func (s *Socket) decide(loss Loss) (delay time.Duration, again bool) {
	if s.dialer.Policy == nil {
		return s.dialer.Backoff.Delay(loss.Attempt), loss.Temporary()
	}
	apart(func() { delay, again = s.dialer.Policy(loss) })
	return delay, again
}

// wait waits for the time of the next attempt, RetryNow or Close.
func (s *Socket) wait(loss Loss, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	wake := make(chan struct{})
	s.mu.Lock()
	s.wake = wake
	s.mu.Unlock()
	defer s.RetryNow() // forgets wake
	s.dispatch(&ReconnectingEvent{websocket.NewEvent("reconnecting", websocket.EventInit{}), loss, delay})
	select {
	case <-timer.C:
	case <-wake:
	case <-s.ctx.Done():
	}
}

// dispatch calls the listeners of an event that comes between connections.
func (s *Socket) dispatch(e websocket.Event) { apart(func() { s.DispatchEvent(e) }) }

// apart calls f and returns when it has returned or ended its goroutine, as t.FailNow does.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}
