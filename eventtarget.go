package websocket

import (
	"context"
	"slices"
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

func (f listenerFlag) apply(l *listener) { l.flags |= f }

// Signal removes the listener when ctx ends. A listener whose ctx has ended before is not added.
func Signal(ctx context.Context) ListenerOption { return signal{ctx} }

type signal struct{ ctx context.Context }

func (s signal) apply(l *listener) { l.signal = s.ctx }

type listener struct {
	typ     string
	call    func(Event)
	flags   listenerFlag
	signal  context.Context // nil, or the listener's end
	removed atomic.Bool
	off     chan struct{} // closed when it is removed, if there is a signal
}

// gone reports whether the listener is not to be called any more.
func (l *listener) gone() bool {
	return l.removed.Load() || l.signal != nil && l.signal.Err() != nil
}

// eventTarget is the one implementation.
type eventTarget struct {
	self    EventTarget // what Event.Target returns
	changed func()      // called when a listener came or went; may be nil

	signalled func(*listener) // called with a listener that came; may be nil

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
		return func() {}
	}
	if l.signal != nil {
		l.off = make(chan struct{})
	}
	t.replace(func(list []*listener) []*listener { return append(list, l) })
	if t.signalled != nil {
		t.signalled(l)
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
	t.replace(func(list []*listener) []*listener { return list })
	return true
}

// replace puts a changed copy of the list in place, less the listeners that are gone.
func (t *eventTarget) replace(change func([]*listener) []*listener) {
	t.mu.Lock()
	list := change(slices.DeleteFunc(slices.Clone(t.listeners()), (*listener).gone))
	t.list.Store(&list)
	t.mu.Unlock()
	if t.changed != nil {
		t.changed()
	}
}

func (t *eventTarget) listeners() []*listener {
	if list := t.list.Load(); list != nil {
		return *list
	}
	return nil
}

// listens reports whether any of the types has a listener.
func (t *eventTarget) listens(types ...string) bool {
	return slices.ContainsFunc(t.listeners(), func(l *listener) bool {
		return slices.Contains(types, l.typ) && !l.gone()
	})
}

func (t *eventTarget) DispatchEvent(ev Event) (bool, error) {
	if ev == nil {
		return false, exception("DispatchEvent", ErrInvalidState, "got nil, want an event")
	}
	e := ev.base()
	if atomic.SwapUint32(&e.dispatching, 1) == 1 {
		return false, exception("DispatchEvent", ErrInvalidState, "the event "+e.typ+" is being dispatched already")
	}
	e.trusted = false
	t.dispatch(ev)
	return !e.canceled, nil
}

// dispatchTrusted dispatches an event that the connection made.
func (t *eventTarget) dispatchTrusted(ev Event) {
	e := ev.base()
	atomic.StoreUint32(&e.dispatching, 1)
	e.trusted = true
	t.dispatch(ev)
}

// dispatch is the DOM Standard's "dispatch" (2.9) for a target outside any tree: two passes at the target. Both passes and the
// end happen even if a listener panics or ends its goroutine, as an exception in JavaScript ends only the listener.
func (t *eventTarget) dispatch(ev Event) {
	e := ev.base()
	e.target, e.phase = t.self, AtTarget
	defer e.dispatched()
	defer t.invoke(ev, e, 0)
	t.invoke(ev, e, Capture)
}

// dispatched is the end of dispatch, steps 7 to 10.
func (e *event) dispatched() {
	e.phase, e.stopped, e.halted, e.passive = None, false, false, false
	atomic.StoreUint32(&e.dispatching, 0)
}

// invoke is the DOM Standard's "invoke": it calls the listeners with or without the Capture flag. Each pass takes the list
// as it is when the pass begins.
func (t *eventTarget) invoke(ev Event, e *event, pass listenerFlag) {
	if !e.stopped {
		t.call(ev, e, pass, t.listeners())
	}
}

// call is the DOM Standard's "inner invoke".
func (t *eventTarget) call(ev Event, e *event, pass listenerFlag, list []*listener) {
	i := 0
	defer func() {
		if i < len(list) && !e.halted { // a listener panicked or called Goexit: the others run before that goes on
			t.call(ev, e, pass, list[i:])
		}
	}()
	for i < len(list) {
		l := list[i]
		i++
		if l.typ != e.typ || l.flags&Capture != pass || l.gone() {
			continue
		}
		if l.flags&Once != 0 && !t.remove(l) {
			continue
		}
		e.passive = l.flags&Passive != 0
		l.call(ev)
		e.passive = false
		if e.halted {
			i = len(list)
		}
	}
}

// handler is an event handler attribute, such as onmessage: a listener whose func can be exchanged. It is added at its first
// set, keeps its place when set again, and gives it up for nil.
//
// HTML Standard, 8.1.8.1: https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes
type handler[E Event] struct {
	mu     sync.Mutex
	remove func() // guarded by mu; nil while there is no func

	fn atomic.Pointer[func(E)]
}

func (h *handler[E]) set(t *eventTarget, typ string, fn func(E)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if fn != nil {
		h.fn.Store(&fn)
		if h.remove == nil {
			h.remove = t.AddEventListener(typ, h.call)
		}
		return
	}
	h.fn.Store(nil)
	if h.remove != nil {
		h.remove()
		h.remove = nil
	}
}

// call calls the func that is set, if the event is of its type: a synthetic event may have any name.
func (h *handler[E]) call(ev Event) {
	fn := h.fn.Load()
	if e, ok := ev.(E); ok && fn != nil {
		(*fn)(e)
	}
}
