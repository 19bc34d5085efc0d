package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/twinsocket/websocket"
)

// A log is what listeners write to.
type eventLog struct{ lines []string }

func (l *eventLog) adds(what string) func(websocket.Event) {
	return func(websocket.Event) { l.lines = append(l.lines, what) }
}

func (l *eventLog) take() string {
	s := strings.Join(l.lines, " ")
	l.lines = nil
	return s
}

func dispatch(t *testing.T, target websocket.EventTarget, e websocket.Event) (notCanceled bool) {
	t.Helper()
	notCanceled, err := target.DispatchEvent(e)
	if err != nil {
		t.Error(err)
	}
	return notCanceled
}

func plain(typ string) websocket.Event { return websocket.NewEvent(typ, websocket.EventInit{}) }

func (l *eventLog) want(t *testing.T, want string) {
	t.Helper()
	if got := l.take(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestListenersAreCalledInOrderAndCapturingOnesFirst(t *testing.T) {
	var log eventLog
	target := websocket.NewEventTarget()
	target.AddEventListener("x", log.adds("1"))
	target.AddEventListener("x", log.adds("capture1"), websocket.Capture)
	target.AddEventListener("y", log.adds("other"))
	target.AddEventListener("x", log.adds("2"), websocket.Passive)
	target.AddEventListener("x", log.adds("capture2"), websocket.Capture)
	dispatch(t, target, plain("x"))
	log.want(t, "capture1 capture2 1 2")
}

func TestOnceIsRemovedBeforeItsCall(t *testing.T) {
	var log eventLog
	target := websocket.NewEventTarget()
	target.AddEventListener("x", func(websocket.Event) {
		log.lines = append(log.lines, "once")
		dispatch(t, target, plain("x"))
	}, websocket.Once)
	dispatch(t, target, plain("x"))
	dispatch(t, target, plain("x"))
	log.want(t, "once")
}

func TestSignal(t *testing.T) {
	var log eventLog
	target := websocket.NewEventTarget()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	target.AddEventListener("x", log.adds("never"), websocket.Signal(ended))
	running, cancel := context.WithCancel(t.Context())
	target.AddEventListener("x", log.adds("until"), websocket.Signal(running), websocket.Capture)
	target.AddEventListener("x", func(websocket.Event) { cancel() }, websocket.Capture)
	target.AddEventListener("x", log.adds("cancelled during the dispatch"), websocket.Signal(running))
	dispatch(t, target, plain("x"))
	dispatch(t, target, plain("x"))
	log.want(t, "until")
}

func TestRemovedDuringDispatchIsNotCalled(t *testing.T) {
	var log eventLog
	target := websocket.NewEventTarget()
	var remove func()
	target.AddEventListener("x", func(websocket.Event) { remove() })
	remove = target.AddEventListener("x", log.adds("removed"))
	dispatch(t, target, plain("x"))
	remove() // again, which does nothing
	log.want(t, "")
}

func TestAddedDuringDispatchIsNotCalled(t *testing.T) {
	var log eventLog
	target := websocket.NewEventTarget()
	target.AddEventListener("x", func(websocket.Event) { target.AddEventListener("x", log.adds("added")) }, websocket.Once)
	dispatch(t, target, plain("x"))
	log.want(t, "")
	dispatch(t, target, plain("x"))
	log.want(t, "added")
}

func TestStopping(t *testing.T) {
	var log eventLog
	target := websocket.NewEventTarget()
	remove := target.AddEventListener("x", func(e websocket.Event) { e.StopPropagation() }, websocket.Capture)
	target.AddEventListener("x", log.adds("capture"), websocket.Capture)
	target.AddEventListener("x", log.adds("1"))
	dispatch(t, target, plain("x"))
	log.want(t, "capture") // the pass goes on, the next does not begin
	remove()
	target.AddEventListener("x", func(e websocket.Event) { e.StopImmediatePropagation() })
	target.AddEventListener("x", log.adds("2"))
	dispatch(t, target, plain("x"))
	log.want(t, "capture 1")
	e := plain("x")
	e.StopPropagation() // before the dispatch
	dispatch(t, target, e)
	log.want(t, "")
	dispatch(t, target, e) // the flag is gone
	log.want(t, "capture 1")
}

func TestPreventDefault(t *testing.T) {
	target := websocket.NewEventTarget()
	remove := target.AddEventListener("x", func(e websocket.Event) { e.PreventDefault() }, websocket.Passive)
	cancelable := func() websocket.Event { return websocket.NewEvent("x", websocket.EventInit{Cancelable: true}) }
	if !dispatch(t, target, cancelable()) {
		t.Error("a passive listener cancelled")
	}
	remove()
	target.AddEventListener("x", func(e websocket.Event) { e.PreventDefault() })
	if e := plain("x"); !dispatch(t, target, e) || e.DefaultPrevented() {
		t.Error("an event that is not cancelable was cancelled")
	}
	if e := cancelable(); dispatch(t, target, e) || !e.DefaultPrevented() {
		t.Error("a cancelable event was not cancelled")
	}
}

func TestEventBeforeDuringAndAfterItsDispatch(t *testing.T) {
	target := websocket.NewEventTarget()
	e := websocket.NewEvent("x", websocket.EventInit{Bubbles: true, Cancelable: true, Composed: true})
	show := func() string {
		return fmt.Sprint(e.Type(), e.Target() == target, e.CurrentTarget() == target, len(e.ComposedPath()), e.EventPhase(), e.IsTrusted(),
			e.Bubbles(), e.Cancelable(), e.Composed())
	}
	var during string
	target.AddEventListener("x", func(websocket.Event) { during = show() })
	before := show()
	dispatch(t, target, e)
	for _, c := range []struct{ when, got, want string }{
		{"before", before, "x false false 0 0 false true true true"},
		{"during", during, "x true true 1 2 false true true true"},
		{"after", show(), "x true false 0 0 false true true true"},
	} {
		if fields := strings.Join(strings.Fields(c.got), " "); !strings.HasPrefix(strings.ReplaceAll(fields, " ", ""), strings.ReplaceAll(c.want, " ", "")) {
			t.Errorf("%s: got %s, want %s", c.when, c.got, c.want)
		}
	}
}

func TestEventBeingDispatchedIsRefused(t *testing.T) {
	target := websocket.NewEventTarget()
	var inner error
	target.AddEventListener("x", func(e websocket.Event) { _, inner = target.DispatchEvent(e) })
	dispatch(t, target, plain("x"))
	if !errors.Is(inner, websocket.ErrInvalidState) {
		t.Errorf("got %v, want an InvalidStateError", inner)
	}
	if _, err := target.DispatchEvent(nil); !errors.Is(err, websocket.ErrInvalidState) {
		t.Errorf("nil: got %v", err)
	}
}

func TestNilListenerIsNotAdded(t *testing.T) {
	target := websocket.NewEventTarget()
	target.AddEventListener("x", nil)()
	dispatch(t, target, plain("x"))
}

// In JavaScript an exception ends its listener and is reported. Here a panic goes on to the caller, after the others have run.
func TestPanicInAListenerIsTheCallers(t *testing.T) {
	var log eventLog
	target := websocket.NewEventTarget()
	target.AddEventListener("x", func(websocket.Event) { panic("mine") }, websocket.Capture)
	target.AddEventListener("x", log.adds("other"), websocket.Capture)
	target.AddEventListener("x", log.adds("later"))
	e := plain("x")
	func() {
		defer func() {
			if r := recover(); r != "mine" {
				t.Errorf("recovered %v", r)
			}
		}()
		target.DispatchEvent(e)
	}()
	log.want(t, "other later")
	if e.EventPhase() != websocket.None {
		t.Error("the event is still being dispatched")
	}
}

// A plain event of the name has not what the slot's func is to be given.
func TestSlotTakesItsOwnTypeOfEventAlone(t *testing.T) {
	var log eventLog
	ws, err := websocket.New("ws://h/")
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close(0, "")
	for _, slot := range slots {
		slot.set(ws, &log, slot.typ)
		dispatch(t, ws, plain(slot.typ))
	}
	log.want(t, "open")
}

func TestSyntheticEvents(t *testing.T) {
	m := websocket.NewMessageEvent("message", websocket.MessageEventInit{Data: websocket.Text("x"), Origin: "o", LastEventID: "7"})
	c := websocket.NewCloseEvent("close", websocket.CloseEventInit{})
	full := websocket.NewCloseEvent("close", websocket.CloseEventInit{WasClean: true, Code: 3000, Reason: "r"})
	why := errors.New("why")
	failure := websocket.NewErrorEvent("error", websocket.ErrorEventInit{Err: why})
	if m.Data.Text() != "x" || m.Origin() != "o" || m.LastEventID() != "7" || c.Code != 0 || c.Reason != "" || c.WasClean ||
		full.Code != 3000 || full.Reason != "r" || !full.WasClean || failure.Err != why || m.IsTrusted() || m.Bubbles() || m.Cancelable() {
		t.Errorf("got %+v %+v %+v %+v", m, c, full, failure)
	}
	var log eventLog
	ws, _ := websocket.New("ws://h/")
	defer ws.Close(0, "")
	ws.OnError(func(e *websocket.ErrorEvent) { log.adds(fmt.Sprint(e.Err, e.IsTrusted(), ws.ReadyState()))(e) })
	dispatch(t, ws, failure) // a synthetic event changes no state
	log.want(t, "why false CONNECTING")
}

func TestListenersOfManyGoroutines(t *testing.T) {
	target := websocket.NewEventTarget()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				remove := target.AddEventListener("x", func(websocket.Event) {}, websocket.Once)
				dispatch(t, target, plain("x"))
				remove()
			}
		})
	}
	wg.Wait()
	var log eventLog
	target.AddEventListener("x", log.adds("last"))
	dispatch(t, target, plain("x"))
	log.want(t, "last")
}

func TestEventsOfTheConnectionAreTrustedUntilDispatchedAgain(t *testing.T) {
	var open websocket.Event
	row{url: "/echo", before: func(s *socket) {
		s.AddEventListener("open", func(e websocket.Event) {
			open = e
			_, err := s.DispatchEvent(e) // it is being dispatched
			s.note(fmt.Sprint(e.IsTrusted(), " ", errors.Is(err, websocket.ErrInvalidState)))
		})
		s.AddEventListener("close", func(websocket.Event) {
			target := websocket.NewEventTarget()
			dispatch(t, target, open)
			s.note(fmt.Sprint(open.IsTrusted(), " ", open.Target() == target))
		})
	}, on: does{"open": closes(1000, "")}, want: "open/1 true true close:1000::true/3 false true"}.run(t)
}

func TestGoexitEndsOneListenerAlone(t *testing.T) {
	for _, event := range []string{"open", "message", "close"} {
		t.Run(event, func(t *testing.T) {
			row{url: raw("join", "text:a", "text:b", "close:1000", "flush", "expect:close", "end"), before: func(s *socket) {
				s.AddEventListener(event, func(websocket.Event) { runtime.Goexit() }, websocket.Capture)
			}, want: "open/1 text:a/1 text:b/1 close:1000::true/3"}.run(t)
		})
	}
	t.Run("error", func(t *testing.T) {
		row{url: "/status?code=404", before: func(s *socket) {
			s.AddEventListener("error", func(websocket.Event) { runtime.Goexit() }, websocket.Capture)
		}, want: failed}.run(t)
	})
}

// class is a type with an EventTarget inside, as a JavaScript class that extends it.
type class struct{ websocket.EventTarget }

func TestTheTargetInsideATypeIsThatType(t *testing.T) {
	c := new(class)
	c.EventTarget = websocket.NewEventTargetFor(c)
	called := false
	c.AddEventListener("x", func(e websocket.Event) {
		called = true
		if e.Target() != c || e.CurrentTarget() != c {
			t.Errorf("got the targets %v and %v, want the type's", e.Target(), e.CurrentTarget())
		}
	})
	c.DispatchEvent(websocket.NewEvent("x", websocket.EventInit{}))
	if !called {
		t.Error("the listener was not called")
	}
}
