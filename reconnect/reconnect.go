// Package reconnect is a WebSocket that opens again: each connection is a websocket.WebSocket, and when one is lost the next is
// made after a wait. It has the events of all of them, and keeps what is sent in between. It is the same natively and in a
// browser.
//
//	s, err := reconnect.New("wss://example.com/chat", "chat.v2")
//	if err != nil {
//		return err
//	}
//	s.OnOpen(func(websocket.Event) { fmt.Println("connected") })
//	s.OnMessage(func(e *websocket.MessageEvent) { fmt.Println(e.Data.Text()) })
//	s.OnReconnecting(func(e *reconnect.ReconnectingEvent) { fmt.Println("again in", e.Delay) })
//	return s.Run(ctx)
//
// # Goroutines
//
// Listeners and the funcs of a [Dialer] are called one at a time, in order, not always on the same goroutine. They may block,
// which holds back what comes next, and may call every method, but must not wait for the socket's own end. A panic is not
// caught; runtime.Goexit ends the one that calls it alone.
//
// # What is lost
//
// A message that [Socket.Send] gave to a connection is not sent again. If the connection is lost, so is what the server had not
// read by then: all messages from one on, and nobody on this side can tell from which. What is queued is not lost with a
// connection. It leaves on the next one, in order, behind what [Dialer].Subscribe sends, and is dropped only at the end or as
// [Queue] says. What the server said in the meantime is for Subscribe to ask for.
//
// # Browsers
//
// A browser may hold an attempt back itself if the host has failed before (RFC 6455 7.2.3): Firefox does so for up to 60 s. This
// is a part of the handshake, and HandshakeTimeout counts it; its default is 45 s, and 90 s lets every such attempt be made.
package reconnect

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/twinsocket/websocket"
)

// A Dialer makes sockets that open again. The zero Dialer has the defaults. A socket copies it when it is made.
type Dialer struct {
	// Dialer makes each connection. Its HandshakeTimeout bounds each attempt, and its MaxBufferedAmount must have room for what
	// was queued. An Engine is called for each attempt, so one that fails is a lost attempt.
	Dialer websocket.Dialer

	// Prepare, if set, is called before each attempt and may change it: a token in the URL, another host, a header natively. ctx
	// ends with Close. An error is the attempt's: an error event tells it, and the policy decides.
	Prepare func(ctx context.Context, a *Attempt) error

	// Subscribe, if set, is called when a connection opens, before the queue leaves and before the open event: what it sends on
	// ws comes first; Socket.Send is still for the queue. first says that no connection was open before. No message is delivered
	// until it returns.
	Subscribe func(ws *websocket.WebSocket, first bool)

	// Policy decides what follows a loss. nil waits for Backoff.Delay(l.Attempt) and goes on, without end, if l.Temporary().
	Policy func(l Loss) (delay time.Duration, again bool)

	// Backoff is the wait of the default policy.
	Backoff Backoff

	// Stable is how long a connection must have been open for the attempts to be counted from 1 again. 0 is 5 s; a negative one
	// counts anew after every connection that was open.
	Stable time.Duration

	// Queue is what Send does while no connection is open.
	Queue Queue
	// QueueMessages is the most messages that are queued. 0 is 1024, a negative one no limit.
	QueueMessages int
	// QueueBytes is the most bytes of messages that are queued. 0 is 1 MiB, a negative one no limit.
	QueueBytes int64
}

// An Attempt is a connection that is about to be made, as Prepare may change it. It is one attempt's alone, but for what the
// Dialer's options point to, such as the map Header: set another in its place.
type Attempt struct {
	Number    int              // 0 at first, then [Loss].Attempt
	URL       string           // as given to New
	Protocols []string         // as given to New
	Dialer    websocket.Dialer // as in the [Dialer]
}

// A Queue is what Send does while no connection is open.
type Queue uint8

// The values of [Dialer].Queue.
const (
	// QueueOrFail queues messages; one that has no room is a [*QueueError].
	QueueOrFail Queue = iota
	// QueueNewest queues messages, and makes room by dropping the oldest. One that has no room at all is a [*QueueError].
	QueueNewest
	// Drop drops messages.
	Drop
	// Fail returns websocket.ErrInvalidState.
	Fail
)

// Backoff is a wait that grows with the attempts. Before attempt n it is
//
//	min(First × Factor^(n-1), Most) × (1 - Jitter × r)
//
// with r by chance from 0 to 1, lest all who lost a server come back in one moment: by default 0.25 to 0.5 s, 0.5 to 1 s, 1 to
// 2 s and so on up to 15 to 30 s.
type Backoff struct {
	First  time.Duration // 0 is 500 ms
	Factor float64       // at least 1; 0 is 2
	Most   time.Duration // 0 is 30 s
	Jitter float64       // at most 1; 0 is 0.5, a negative one none
}

// Delay returns how long to wait before an attempt; 1 is the first after a loss.
func (b Backoff) Delay(attempt int) time.Duration {
	first, most := float64(orDefault(b.First, 500*time.Millisecond)), float64(orDefault(b.Most, 30*time.Second))
	whole := min(first*math.Pow(orDefault(b.Factor, 2), float64(max(attempt, 1)-1)), most)
	return time.Duration(whole * (1 - max(0, orDefault(b.Jitter, 0.5))*rand.Float64()))
}

// orDefault returns v, or what stands for zero.
func orDefault[T int | int64 | float64 | time.Duration](v, zero T) T {
	if v == 0 {
		return zero
	}
	return v
}

// A Loss is a connection that has ended, or an attempt that came to none.
type Loss struct {
	// Attempt is the number of the attempt that would follow: 1 after a connection that was stable, and one more each time.
	Attempt int
	// Close is the connection's close event, nil if Prepare or the URL did not let it come to a connection.
	Close *websocket.CloseEvent
	// Err is nil if the connection was closed cleanly, with whatever code; else a [*websocket.WebSocketError], or what Prepare or
	// websocket.Dialer.New returned. Natively it wraps a *native.HandshakeError with the Status of a refused handshake; a
	// browser does not tell one.
	Err error
}

// Temporary reports whether the default policy goes on after the loss. It does, but for
//
//   - 1000, with which a server says that it is done;
//   - 1002, 1003, 1007, 1008, 1009 and 1010, 3000 and 3003, with which it will not have what this program does or who it is: a
//     protocol error, the kind, form or size of data, policy, an extension, unauthorized, forbidden;
//   - a URL or options that websocket.Dialer.New refuses.
//
// It goes on after a refused handshake with whatever status, since a browser does not tell a 401 from a server that is down;
// and after codes from 4000 on, which only the application knows. A Policy may know better.
func (l Loss) Temporary() bool {
	if l.Close == nil {
		return !refused(l.Err)
	}
	switch l.Close.Code {
	case 1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003:
		return false
	}
	return true
}

// refused tells what New says of a URL or of options from what an Engine says, which has a cause.
func refused(err error) bool {
	e, ok := err.(*websocket.DOMException)
	return ok && (e.Name == websocket.ErrSyntax.Name || e.Unwrap() == nil)
}

// A ConnectingEvent, "connecting", says that a connection is about to be made.
type ConnectingEvent struct {
	websocket.Event

	// Attempt is 0 for the first connection, then [Loss].Attempt.
	Attempt int
	// WebSocket is the connection, not yet started: a listener may add listeners of its own to it or set its BinaryType. Closing
	// it alone is a loss like another.
	WebSocket *websocket.WebSocket
}

// A ReconnectingEvent, "reconnecting", says that another attempt will be made.
type ReconnectingEvent struct {
	websocket.Event
	Loss

	// Delay is how long it is until then, from the event's dispatch on.
	Delay time.Duration
}

// An EndEvent, "end", says that there will be no more connections. It comes last.
type EndEvent struct {
	websocket.Event
	// Loss is the last one; Err is what Run returns. If Close ended the socket, its Attempt is 0, and in a wait it is empty.
	Loss
}

// A QueueError says that a message had no room in the queue.
type QueueError struct {
	Size          int64 // of the message, in bytes
	Messages      int   // queued before it
	Bytes         int64 // of them
	QueueMessages int   // the most; negative is no limit
	QueueBytes    int64 // the most; negative is no limit
}

// Error says what was seen and what was wanted.
func (e *QueueError) Error() string {
	return "reconnect: Send: the queue is full: got " + strconv.FormatInt(e.Size, 10) + " bytes to send with " +
		strconv.Itoa(e.Messages) + " messages of " + strconv.FormatInt(e.Bytes, 10) + " bytes queued, want at most " +
		strconv.Itoa(e.QueueMessages) + " (QueueMessages) and " + strconv.FormatInt(e.QueueBytes, 10) + " (QueueBytes)"
}

// An OptionError says that a field of a Dialer has a value that means nothing.
type OptionError struct {
	Option string // such as "Backoff.Factor"
	Got    string // its value
	Want   string // what it may be
}

// Error says what was seen and what was wanted.
func (e *OptionError) Error() string {
	return "reconnect: New: " + e.Option + ": got " + e.Got + ", want " + e.Want
}

// check finds a field that means nothing. Written so that NaN is nothing too.
func (d *Dialer) check() error {
	b := d.Backoff
	switch {
	case b.First < 0:
		return &OptionError{"Backoff.First", b.First.String(), "0 or more"}
	case b.Most < 0:
		return &OptionError{"Backoff.Most", b.Most.String(), "0 or more"}
	case b.Factor != 0 && !(b.Factor >= 1):
		return &OptionError{"Backoff.Factor", decimal(b.Factor), "0 or at least 1"}
	case !(b.Jitter <= 1):
		return &OptionError{"Backoff.Jitter", decimal(b.Jitter), "at most 1"}
	case d.Queue > Fail:
		return &OptionError{"Queue", strconv.Itoa(int(d.Queue)), "QueueOrFail, QueueNewest, Drop or Fail"}
	}
	return nil
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
