package websocket

import "time"

// An Event is what listeners are called with. The events of a socket are of type [*MessageEvent], [*CloseEvent] and
// [*ErrorEvent], and of no type of their own for "open".
//
// An event belongs to the goroutine that dispatches it. Type, Target, TimeStamp and a concrete event's fields stay as they are
// and may be read anywhere.
//
// DOM Standard, 2.2: https://dom.spec.whatwg.org/#interface-event
type Event interface {
	// Type is the event's name: "open", "message", "error", "close" or any other.
	Type() string
	// Target is the object that the event was dispatched to: for a socket's events the *WebSocket.
	Target() EventTarget
	// CurrentTarget is the target while its listeners are called, else nil.
	CurrentTarget() EventTarget
	// ComposedPath is the target alone while its listeners are called, else empty.
	ComposedPath() []EventTarget
	// EventPhase is AtTarget while listeners are called, else None.
	EventPhase() EventPhase
	// TimeStamp is when the event was made, counted from the start of the program.
	//
	// Deviation: messages that were received together have the same one. Clocks are read seldom, and so are time stamps.
	TimeStamp() time.Duration
	// IsTrusted reports whether the event was dispatched by the connection rather than by DispatchEvent.
	IsTrusted() bool
	// Bubbles, Cancelable and Composed are as the event was made; all false for a socket's events.
	Bubbles() bool
	Cancelable() bool
	Composed() bool
	// DefaultPrevented reports whether PreventDefault had an effect.
	DefaultPrevented() bool
	// PreventDefault cancels a cancelable event, but not from a passive listener.
	PreventDefault()
	// StopPropagation keeps the event from the listeners that are not capturing, if called by one that is.
	StopPropagation()
	// StopImmediatePropagation keeps the event from all further listeners.
	StopImmediatePropagation()

	base() *event
}

// EventPhase says how far an event's dispatch has come.
type EventPhase uint8

// The phases of the DOM Standard. Without a tree there is no capturing or bubbling phase.
const (
	None           EventPhase = 0 // it is not being dispatched
	CapturingPhase EventPhase = 1
	AtTarget       EventPhase = 2 // its listeners are called
	BubblingPhase  EventPhase = 3
)

// EventInit says what a synthetic event is like. All are false in a socket's events.
type EventInit struct {
	Bubbles    bool // Event.Bubbles
	Cancelable bool // whether PreventDefault has an effect
	Composed   bool // Event.Composed
}

// incomparable is part of structs that nobody compares, for which a program would carry code that does.
type incomparable [0]func()

// event is what all events have.
type event struct {
	_     incomparable
	kind  *kind // nil: of no name, and never dispatched
	stamp time.Duration

	// dispatching goroutine only
	lent        bool // the next message has it too
	dispatching bool // always, if it is lent
	trusted     bool
	phase       EventPhase
	stopped     bool // no further pass
	halted      bool // no further listener
	passive     bool // a passive listener runs
	canceled    bool
}

// kind is what an event has in common with others, such as a socket's messages. It does not change.
type kind struct {
	_                        incomparable
	typ, origin, lastEventID string
	url                      string // whose origin it is, or "" if origin is
	init                     EventInit
	target                   *eventTarget
}

func makeEvent(typ string, init EventInit) event {
	return event{kind: &kind{typ: typ, init: init}, stamp: sinceStart()}
}

// NewEvent makes a synthetic event for DispatchEvent.
func NewEvent(typ string, init EventInit) Event {
	e := makeEvent(typ, init)
	return &e
}

func (e *event) base() *event { return e }

// common returns the event's kind.
func (e *event) common() *kind {
	if e.kind == nil {
		return new(kind)
	}
	return e.kind
}

// Type is the event's name.
func (e *event) Type() string { return e.common().typ }

// Target is the object that the event was dispatched to.
func (e *event) Target() EventTarget {
	if t := e.common().target; t != nil {
		return t.self
	}
	return nil
}

// aim makes t the event's target.
func (e *event) aim(t *eventTarget) {
	if k := e.common(); k.target != t {
		aimed := *k
		aimed.target = t
		e.kind = &aimed
	}
}

// CurrentTarget is the target while its listeners are called, else nil.
func (e *event) CurrentTarget() EventTarget {
	if e.phase == None {
		return nil
	}
	return e.Target()
}

// ComposedPath is the target alone while its listeners are called, else empty.
func (e *event) ComposedPath() []EventTarget {
	if e.phase == None {
		return nil
	}
	return []EventTarget{e.Target()}
}

// EventPhase is AtTarget while listeners are called, else None.
func (e *event) EventPhase() EventPhase { return e.phase }

// TimeStamp is when the event was made, counted from the start of the program.
func (e *event) TimeStamp() time.Duration { return e.stamp }

// IsTrusted reports whether the connection dispatched the event.
func (e *event) IsTrusted() bool { return e.trusted }

// Bubbles is as the event was made. Without a tree it means nothing.
func (e *event) Bubbles() bool { return e.common().init.Bubbles }

// Cancelable reports whether PreventDefault can have an effect.
func (e *event) Cancelable() bool { return e.common().init.Cancelable }

// Composed is as the event was made. Without a tree it means nothing.
func (e *event) Composed() bool { return e.common().init.Composed }

// DefaultPrevented reports whether PreventDefault had an effect.
func (e *event) DefaultPrevented() bool { return e.canceled }

// PreventDefault cancels a cancelable event, but not from a passive listener.
func (e *event) PreventDefault() {
	if e.Cancelable() && !e.passive {
		e.canceled = true
	}
}

// StopPropagation keeps the event from the listeners that are not capturing, if called by one that is.
func (e *event) StopPropagation() { e.stopped = true }

// StopImmediatePropagation keeps the event from all further listeners.
func (e *event) StopImmediatePropagation() { e.stopped, e.halted = true, true }

// A MessageEvent brings a message.
//
// HTML Standard, 9.1: https://html.spec.whatwg.org/multipage/comms.html#messageevent
type MessageEvent struct {
	event

	// Data is the message.
	Data Data
}

// Origin is the server's origin, such as "wss://example.com".
func (e *MessageEvent) Origin() string {
	if url := e.common().url; url != "" {
		return originOf(url)
	}
	return e.common().origin
}

// LastEventID is always empty in a socket's events.
func (e *MessageEvent) LastEventID() string { return e.common().lastEventID }

// MessageEventInit says what a synthetic MessageEvent is like.
type MessageEventInit struct {
	EventInit

	// What the event has.
	Data        Data
	Origin      string
	LastEventID string
}

// NewMessageEvent makes a synthetic MessageEvent for DispatchEvent.
func NewMessageEvent(typ string, init MessageEventInit) *MessageEvent {
	e := &MessageEvent{makeEvent(typ, init.EventInit), init.Data}
	e.kind.origin, e.kind.lastEventID = init.Origin, init.LastEventID
	return e
}

// A CloseEvent says that a socket is closed, and how.
//
// WebSockets Standard, 6: https://websockets.spec.whatwg.org/#the-closeevent-interface
type CloseEvent struct {
	event

	// WasClean reports whether both sides have sent and received a Close frame.
	WasClean bool
	// Code is the code that the peer sent: 1005 if its Close frame had none, 1006 if there was no Close frame.
	Code uint16
	// Reason is the reason that the peer sent.
	Reason string
}

// CloseEventInit says what a synthetic CloseEvent is like.
type CloseEventInit struct {
	EventInit

	// The fields of the event.
	WasClean bool
	Code     uint16
	Reason   string
}

// NewCloseEvent makes a synthetic CloseEvent for DispatchEvent.
func NewCloseEvent(typ string, init CloseEventInit) *CloseEvent {
	return &CloseEvent{makeEvent(typ, init.EventInit), init.WasClean, init.Code, init.Reason}
}

// An ErrorEvent says that a connection failed. A close event follows.
//
// Deviation: in JavaScript it is a plain Event, which tells a page nothing of why. Here Err says it.
type ErrorEvent struct {
	event

	// Err is why the connection failed. A browser does not tell: there it says only at what the connection failed.
	Err error
}

// ErrorEventInit says what a synthetic ErrorEvent is like.
type ErrorEventInit struct {
	EventInit

	// Err is the field of the event.
	Err error
}

// NewErrorEvent makes a synthetic ErrorEvent for DispatchEvent.
func NewErrorEvent(typ string, init ErrorEventInit) *ErrorEvent {
	return &ErrorEvent{makeEvent(typ, init.EventInit), init.Err}
}
