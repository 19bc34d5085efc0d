package websocket

import (
	"context"
	"sync"
	"sync/atomic"
)

// An EventTarget takes events and calls listeners with them. A [*WebSocket] is one; [NewEventTarget] makes a plain one.
//
// DOM Standard, 2.7: https://dom.spec.whatwg.org/#interface-eventtarget
type EventTarget interface {
	// AddEventListener has listener called for each event of the type, after those added before, on the goroutine that
	// dispatches the event. Options: [Once], [Capture], [Passive], [Signal]. The func that it returns removes the listener.
	//
	// Deviation: func values can't be compared, so adding one twice has it called twice, and removing goes by the func
	// returned.
	AddEventListener(typ string, listener func(Event), options ...ListenerOption) (remove func())

	// DispatchEvent calls the listeners of e's type at once, on the caller's goroutine, and reports whether none of them
	// canceled e. An event that is being dispatched gives ErrInvalidState.
	//
	// Deviation: in JavaScript what a listener throws is reported and goes no further. Here a panic goes on to the caller, and
	// so does runtime.Goexit, when the other listeners have returned.
	DispatchEvent(e Event) (notCanceled bool, err error)
}

// NewEventTarget makes an EventTarget with no listeners.
func NewEventTarget() EventTarget {
	t := new(eventTarget)
	t.self = t
	return t
}

// NewEventTargetFor makes the EventTarget inside a type of the program's own, self, which passes its calls on: events say that
// self is their target. In JavaScript that is a class that extends EventTarget.
func NewEventTargetFor(self EventTarget) EventTarget { return &eventTarget{self: self} }

// A ListenerOption is one of Once, Capture, Passive and what Signal returns.
type ListenerOption interface{ apply(*listener) }

// The options that are either given or not.
const (
	// Once removes the listener before its first call.
	Once listenerFlag = 1 << iota
	// Capture has the listener called before those without it.
	Capture
	// Passive makes PreventDefault do nothing in the listener.
	Passive
)

type listenerFlag uint8

func (f listenerFlag) apply(l *listener) { l.flags |= uint8(f) }

// Signal removes the listener when ctx ends. A listener whose ctx has ended before is not added.
func Signal(ctx context.Context) ListenerOption { return signal(orBackground(ctx).Done()) }

// signal is a context's end alone: a Context in a listener would have each wasm program carry what a Context can say of times.
type signal <-chan struct{}

func (s signal) apply(l *listener) { l.signal, l.await = s, (*core).awaitSignal }

type listener struct {
	typ     string
	call    func(Event)
	flags   uint8           // listenerFlags, without their methods, which each wasm program would carry
	signal  <-chan struct{} // nil, or its end
	removed atomic.Bool
	off     chan struct{} // closed when it is removed, if there is a signal

	// awaitSignal if there is a signal, so that no other wasm program carries that, which is more than all of this file.
	await func(*core, *listener)
}

// gone reports whether the listener is not to be called any more.
func (l *listener) gone() bool {
	if l.removed.Load() {
		return true
	}
	select {
	case <-l.signal:
		return true
	default:
		return false
	}
}

// eventTarget is the one implementation.
type eventTarget struct {
	_      incomparable
	self   EventTarget // what Event.Target returns
	socket *WebSocket  // that it is part of, or nil

	mu   sync.Mutex                  // held while list is replaced
	list atomic.Pointer[[]*listener] // in order of adding; never changed in place, so that a dispatch can walk it
}

func (t *eventTarget) AddEventListener(typ string, call func(Event), options ...ListenerOption) (remove func()) {
	l := &listener{typ: typ, call: call}
	for _, o := range options {
		o.apply(l)
	}
	// DOM 2.7, add an event listener, steps 1 and 2: an aborted signal or no callback: nothing is added.
	if call == nil || l.gone() {
		l.removed.Store(true)
	} else {
		if l.signal != nil {
			l.off = make(chan struct{})
		}
		t.replace(l)
		if t.socket != nil && l.await != nil {
			l.await(t.socket.core, l)
		}
	}
	return func() { t.remove(l) }
}

// remove reports whether the listener was still there.
func (t *eventTarget) remove(l *listener) bool {
	if l.removed.Swap(true) {
		return false
	}
	if l.off != nil {
		close(l.off)
	}
	t.replace(nil)
	return true
}

// replace puts a copy of the list in place, less the listeners that are gone, and with one that is added.
func (t *eventTarget) replace(added *listener) {
	t.mu.Lock()
	list := make([]*listener, 0, len(t.listeners())+1)
	for _, l := range t.listeners() {
		if !l.gone() {
			list = append(list, l)
		}
	}
	if added != nil {
		list = append(list, added)
	}
	t.list.Store(&list)
	t.mu.Unlock()
	if t.socket != nil {
		t.socket.core.hold(t.socket)
	}
}

func (t *eventTarget) listeners() []*listener {
	if list := t.list.Load(); list != nil {
		return *list
	}
	return nil
}

// listens reports whether any of the types has a listener.
func (t *eventTarget) listens(types []string) bool {
	for _, l := range t.listeners() {
		for _, typ := range types {
			if l.typ == typ && !l.gone() {
				return true
			}
		}
	}
	return false
}

func (t *eventTarget) DispatchEvent(ev Event) (bool, error) {
	if ev == nil {
		return false, exception("DispatchEvent", ErrInvalidState, "got nil, want an event")
	}
	e := ev.base()
	if e.dispatching {
		return false, exception("DispatchEvent", ErrInvalidState, "the event "+e.Type()+" is being dispatched already")
	}
	e.dispatching, e.trusted = true, false
	t.dispatch(ev, e)
	return !e.canceled, nil
}

// dispatchTrusted dispatches an event that the connection made.
func (t *eventTarget) dispatchTrusted(ev Event, e *event) {
	e.dispatching, e.trusted = true, true
	t.dispatch(ev, e)
}

// dispatch is the DOM Standard's "dispatch" (2.9) for a target outside any tree: two passes at the target.
func (t *eventTarget) dispatch(ev Event, e *event) {
	e.aim(t)
	e.phase = AtTarget
	w := walk{t: t, ev: ev, e: e, typ: e.kind.typ}
	w.invoke(uint8(Capture))
	w.run()
}

// walk is a dispatch under way.
type walk struct {
	t    *eventTarget
	ev   Event
	e    *event
	typ  string
	list []*listener // of this pass: as the list was when it began
	next int         // in list
	pass uint8       // Capture, then 0
	over bool
}

// run calls the listeners. All of them are called, and the dispatch ends, even if one panics or ends its goroutine, as an
// exception in JavaScript ends only the listener.
func (w *walk) run() {
	defer w.end()
	w.inner()
	if w.pass == uint8(Capture) {
		w.invoke(0)
		w.inner()
	}
	w.over = true
}

// invoke is the beginning of the DOM Standard's "invoke".
func (w *walk) invoke(pass uint8) {
	w.list, w.next, w.pass = nil, 0, pass
	if !w.e.stopped {
		w.list = w.t.listeners()
	}
}

// inner is the DOM Standard's "inner invoke": it calls the listeners with or without the Capture flag.
func (w *walk) inner() {
	for w.next < len(w.list) && !w.e.halted {
		l := w.list[w.next]
		w.next++
		if l.typ != w.typ || l.flags&uint8(Capture) != w.pass || l.gone() {
			continue
		}
		if l.flags&uint8(Once) != 0 && !w.t.remove(l) {
			continue
		}
		w.e.passive = l.flags&uint8(Passive) != 0
		l.call(w.ev)
		w.e.passive = false
	}
}

// end is the end of dispatch, steps 7 to 10, unless a listener has panicked or called Goexit: the others run before that goes on.
func (w *walk) end() {
	if !w.over {
		w.run()
		return
	}
	e := w.e
	e.dispatching, e.phase, e.stopped, e.halted, e.passive = e.lent, None, false, false, false
}

// handler is an event handler attribute, such as onmessage: a listener whose func can be exchanged. It is added at its first
// set, keeps its place when set again, and gives it up for nil.
//
// HTML Standard, 8.1.8.1: https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes
type handler struct {
	mu     sync.Mutex
	remove func() // guarded by mu; nil while there is no func

	fn atomic.Pointer[func(Event)]
}

func (h *handler) set(t *eventTarget, typ string, fn func(Event)) {
	h.mu.Lock()
	switch {
	case fn == nil:
		h.fn.Store(nil)
		if h.remove != nil {
			h.remove()
			h.remove = nil
		}
	default:
		h.fn.Store(&fn)
		if h.remove == nil {
			h.remove = t.AddEventListener(typ, func(ev Event) {
				if fn := h.fn.Load(); fn != nil {
					(*fn)(ev)
				}
			})
		}
	}
	h.mu.Unlock()
}
