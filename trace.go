package websocket

import (
	"strconv"
	"sync"
	"time"
)

// A Trace is told what a connection does, for logs and debugging: see [Dialer].Trace. Any of its funcs may be nil. Without a
// Trace nothing at all is done for one.
//
// The funcs are called with no lock held, Request and Response on the goroutine of the handshake, the others on goroutines of
// their own, for which the one that does what they tell of waits, so more than one may run at the same time. They may use the
// socket but not wait for it: what they take, the connection takes longer.
type Trace struct {
	// State is called when readyState has changed, before the event that belongs to it.
	State func(from, to ReadyState)

	// Request is called with the head of each request of the opening handshake, credentials included: the one, a second if a
	// server asks for those of the URL, and before each the CONNECT for an HTTP proxy. Not in a browser.
	Request func(head string)

	// Response is called with the head of each answer to a request, interim ones included, if it can be read as one. Not in a
	// browser.
	Response func(head string)

	// Frame is called for each frame: when it has been given to the network, when its header has come. In a browser a message
	// stands for its frames and control frames are not seen.
	Frame func(f Frame)

	// Closed is called once, before the error and close events, with what they say.
	Closed func(code uint16, reason string, clean bool, failure error)
}

// A Frame is a frame of RFC 6455, section 5.2, without its payload.
type Frame struct {
	TimeStamp time.Duration // when it was told of, from the start of the program on, as an event's
	Sent      bool          // by this side
	Opcode    Opcode        // what it is
	// Reserved is the reserved bits: 4 is RSV1, 2 is RSV2, 1 is RSV3. RFC 7692 6: RSV1 marks a compressed message.
	Reserved uint8
	Final    bool  // the last frame of its message
	Length   int64 // of the payload as it is on the wire, in bytes
}

// Opcode says what a frame is: RFC 6455 5.2.
type Opcode uint8

// String returns the RFC's word, such as "text", or the number of a reserved opcode.
func (o Opcode) String() string {
	switch o {
	case 0:
		return "continuation"
	case 1:
		return "text"
	case 2:
		return "binary"
	case 8:
		return "close"
	case 9:
		return "ping"
	case 10:
		return "pong"
	}
	return "opcode " + strconv.Itoa(int(o))
}

// A Tracer is told what passes. The calls must not be made with a lock held.
type Tracer = interface {
	// Request and Response tell of the opening handshake. They may call runtime.Goexit.
	Request(head string)
	Response(head string)
	// Frame tells of a frame; reserved has RSV1 as 4, RSV2 as 2, RSV3 as 1. It returns.
	Frame(sent bool, opcode, reserved uint8, final bool, length int64)
}

// tracing is what a connection uses a Trace by, so that programs that have none do not carry traced.
type tracing interface {
	Tracer

	moved(from, to uint32) // ReadyStates, without their method; called with the connection's mu held
	tell()                 // of what moved, called without it
	ended(o *outcome)
}

// traced is a copy of a Trace in use.
type traced struct {
	Trace

	mu    sync.Mutex
	moves []move // which were not told, guarded by mu
}

// move is a change of state.
type move struct{ from, to ReadyState }

// begin returns nil if there is no Trace.
func (t *Trace) begin() tracing {
	if t == nil {
		return nil
	}
	return &traced{Trace: *t}
}

func (t *traced) Request(head string) {
	if t.Trace.Request != nil {
		t.Trace.Request(head)
	}
}

func (t *traced) Response(head string) {
	if t.Trace.Response != nil {
		t.Trace.Response(head)
	}
}

func (t *traced) Frame(sent bool, opcode, reserved uint8, final bool, length int64) {
	if t.Trace.Frame != nil {
		f := Frame{sinceStart(), sent, Opcode(opcode), reserved, final, length}
		apart(func() { t.Trace.Frame(f) })
	}
}

// apart calls a func of the program's on a goroutine of its own, so that no other is lost if it calls runtime.Goexit.
func apart(call func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	<-done
}

func (t *traced) moved(from, to uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moves = append(t.moves, move{ReadyState(from), ReadyState(to)})
}

func (t *traced) tell() {
	t.mu.Lock()
	moves := t.moves
	t.moves = nil
	t.mu.Unlock()
	if t.State == nil {
		return
	}
	for _, m := range moves {
		apart(func() { t.State(m.from, m.to) })
	}
}

func (t *traced) ended(o *outcome) {
	if t.Closed != nil {
		apart(func() { t.Closed(o.code, o.reason, o.clean, o.why) })
	}
}

// TraceLines makes a Trace that tells everything in lines of text, such as "sent text, 5 bytes". print may be called on several
// goroutines at the same time, as log.Print may. Credentials and cookies are left out.
func TraceLines(print func(line string)) *Trace {
	head := func(direction string) func(string) {
		return func(head string) {
			for head != "" {
				var line string
				line, head = cut(head, '\n')
				for line != "" && line[len(line)-1] == '\r' {
					line = line[:len(line)-1]
				}
				if line != "" {
					print(direction + withoutSecret(line))
				}
			}
		}
	}
	return &Trace{
		State:    func(from, to ReadyState) { print("state " + from.String() + " to " + to.String()) },
		Request:  head("> "),
		Response: head("< "),
		Frame:    func(f Frame) { print(f.String()) },
		Closed: func(code uint16, reason string, clean bool, failure error) {
			line := "closed with " + strconv.Itoa(int(code)) + " " + quote(reason)
			switch {
			case clean:
				line += ", clean"
			case failure != nil:
				line += ": " + withoutPrefix(failure)
			}
			print(line)
		},
	}
}

// String returns a line such as "sent text, 5 bytes".
func (f Frame) String() string {
	s := "received "
	if f.Sent {
		s = "sent "
	}
	s += f.Opcode.String() + ", " + strconv.FormatInt(f.Length, 10) + " bytes"
	for i, name := range [...]string{"RSV1", "RSV2", "RSV3"} {
		if f.Reserved&(4>>i) != 0 {
			s += ", " + name
		}
	}
	if !f.Final {
		s += ", more to come"
	}
	return s
}

// withoutSecret returns a header line without the value of those that carry secrets.
func withoutSecret(line string) string {
	name, value := cut(line, ':')
	for _, secret := range [...]string{"authorization", "proxy-authorization", "cookie", "set-cookie"} {
		if lower(name) == secret {
			return name + ": (" + strconv.Itoa(len(trim(value))) + " bytes)"
		}
	}
	return line
}
