package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/twinsocket/websocket"
)

// stage is a target on which a script adds listeners that write a log.
type stage struct {
	websocket.EventTarget
	eventLog
	t *testing.T
}

// on adds a listener that writes its name and then does something.
func (s *stage) on(name string, do func(websocket.Event), options ...websocket.ListenerOption) (remove func()) {
	return s.AddEventListener("x", func(e websocket.Event) {
		s.lines = append(s.lines, name)
		if do != nil {
			do(e)
		}
	}, options...)
}

// fire dispatches on a goroutine of its own, which a listener may end, and notes a panic.
func (s *stage) fire(e websocket.Event) {
	var wg sync.WaitGroup
	wg.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				s.lines = append(s.lines, fmt.Sprint("panic:", r))
			}
		}()
		if _, err := s.DispatchEvent(e); err != nil {
			s.t.Error(err)
		}
	})
	wg.Wait()
	if e.EventPhase() != websocket.None || e.CurrentTarget() != nil || len(e.ComposedPath()) != 0 {
		s.t.Errorf("after the dispatch: phase %d, current target %v, path %v", e.EventPhase(), e.CurrentTarget(), e.ComposedPath())
	}
}

func nothing(websocket.Event) {}
func goexit(websocket.Event)  { runtime.Goexit() }
func panics(websocket.Event)  { panic("mine") }
func stops(e websocket.Event) { e.StopPropagation() }
func halts(e websocket.Event) { e.StopImmediatePropagation() }
func inTurn(all ...func(websocket.Event)) func(websocket.Event) {
	return func(e websocket.Event) {
		for _, do := range all {
			do(e)
		}
	}
}

// What listeners see when they change the list, the event or the course of things: DOM Standard, 2.9, dispatch, invoke and
// inner invoke. The event is dispatched twice, and a bar stands between.
func TestDispatchWhileListenersInterfere(t *testing.T) {
	const once, capture, passive = websocket.Once, websocket.Capture, websocket.Passive
	for _, c := range []struct {
		name  string
		setUp func(s *stage)
		want  string
	}{
		{"added in the capturing pass for the same pass: too late", func(s *stage) {
			s.on("a", func(websocket.Event) { s.on("late", nil, capture, once) }, capture, once)
		}, "a | late"},
		{"added in the capturing pass for the other: its list is taken later", func(s *stage) {
			s.on("a", func(websocket.Event) { s.on("b", nil) }, capture, once)
		}, "a b | b"},
		{"removes itself", func(s *stage) {
			var remove func()
			remove = s.on("a", func(websocket.Event) { remove() })
			s.on("b", nil)
		}, "a b | b"},
		{"removes one that was called", func(s *stage) {
			remove := s.on("a", nil)
			s.on("b", func(websocket.Event) { remove() })
		}, "a b | b"},
		{"removes one of the other pass", func(s *stage) {
			remove := s.on("b", nil)
			s.on("a", func(websocket.Event) { remove() }, capture)
		}, "a | a"},
		{"removes one and adds the like", func(s *stage) {
			var remove func()
			s.on("a", func(websocket.Event) { remove(); s.on("c", nil) }, once)
			remove = s.on("b", nil)
		}, "a | c"},
		{"a once listener is removed before its call, so it can remove no other in its place", func(s *stage) {
			var remove func()
			remove = s.on("a", func(websocket.Event) { remove() }, once)
			s.on("b", nil)
		}, "a b | b"},
		{"a once listener removed before its turn", func(s *stage) {
			var remove func()
			s.on("a", func(websocket.Event) { remove() })
			remove = s.on("b", nil, once)
		}, "a | a"},
		{"once, called by a nested dispatch, is not called again by the outer one", func(s *stage) {
			s.on("a", func(websocket.Event) { dispatch(s.t, s, plain("x")) }, once)
			s.on("b", nil, once)
			s.on("c", nil)
		}, "a b c c | c"},
		{"once and capture", func(s *stage) {
			s.on("b", nil)
			s.on("a", nil, once, capture)
		}, "a b | b"},
		{"a listener of the type twice is called twice", func(s *stage) {
			for range 2 {
				s.on("a", nothing)
			}
		}, "a a | a a"},
		{"the same name for capturing and not are two", func(s *stage) {
			s.on("a", nil)
			s.on("a", nil, capture)()
		}, "a | a"},
		{"a nested dispatch of another event goes first and leaves the outer one alone", func(s *stage) {
			s.AddEventListener("y", func(e websocket.Event) {
				s.lines = append(s.lines, "y")
				e.StopImmediatePropagation()
			})
			s.on("a", func(e websocket.Event) {
				dispatch(s.t, s, plain("y"))
				s.lines = append(s.lines, fmt.Sprint(e.EventPhase(), e.CurrentTarget() == s.EventTarget))
			})
			s.on("b", nil)
		}, "a y 2 true b | a y 2 true b"},
		{"a nested dispatch on another target", func(s *stage) {
			other := websocket.NewEventTarget()
			other.AddEventListener("x", func(e websocket.Event) {
				s.lines = append(s.lines, fmt.Sprint("other:", e.Target() == other))
			})
			s.on("a", func(e websocket.Event) {
				dispatch(s.t, other, plain("x"))
				s.lines = append(s.lines, fmt.Sprint(e.Target() == s.EventTarget))
			})
		}, "a other:true true | a other:true true"},
		{"the same event in its own listener, here and on another target", func(s *stage) {
			s.on("a", func(e websocket.Event) {
				for _, target := range []websocket.EventTarget{s, websocket.NewEventTarget()} {
					_, err := target.DispatchEvent(e)
					s.lines = append(s.lines, fmt.Sprint(errors.Is(err, websocket.ErrInvalidState)))
				}
			})
			s.on("b", nil)
		}, "a true true b | a true true b"},
		{"StopPropagation leaves the pass alone", func(s *stage) {
			s.on("a", stops, capture)
			s.on("b", nil, capture)
			s.on("c", nil)
		}, "a b | a b"},
		{"StopPropagation in the second pass does nothing more", func(s *stage) {
			s.on("a", stops)
			s.on("b", nil)
		}, "a b | a b"},
		{"StopImmediatePropagation in the capturing pass", func(s *stage) {
			s.on("a", halts, capture)
			s.on("b", nil, capture)
			s.on("c", nil)
		}, "a | a"},
		{"StopImmediatePropagation in a once listener", func(s *stage) {
			s.on("a", halts, once)
			s.on("b", nil)
		}, "a | b"},
		{"a signal that ends between two listeners", func(s *stage) {
			ctx, cancel := context.WithCancel(s.t.Context())
			s.on("a", nil, websocket.Signal(ctx))
			s.on("b", func(websocket.Event) { cancel() })
			s.on("c", nil, websocket.Signal(ctx))
			s.on("d", nil, websocket.Signal(ctx), capture)
			s.on("e", nil)
		}, "d a b e | b e"},
		{"a listener's own signal", func(s *stage) {
			ctx, cancel := context.WithCancel(s.t.Context())
			s.on("a", func(websocket.Event) { cancel() }, websocket.Signal(ctx), once)
			s.on("b", nil, websocket.Signal(ctx))
		}, "a |"},
		{"a signal that ends after the listener was removed", func(s *stage) {
			ctx, cancel := context.WithCancel(s.t.Context())
			s.on("a", nil, websocket.Signal(ctx))()
			cancel()
			s.on("b", nil)
		}, "b | b"},
		{"a signal that ended before", func(s *stage) {
			ctx, cancel := context.WithCancel(s.t.Context())
			cancel()
			s.on("a", nil, websocket.Signal(ctx))
		}, "|"},
		{"two signals: the last one counts", func(s *stage) {
			ctx, cancel := context.WithCancel(s.t.Context())
			cancel()
			s.on("a", nil, websocket.Signal(ctx), websocket.Signal(s.t.Context()))
		}, "a | a"},
		{"a panic in the first of three", func(s *stage) {
			s.on("a", panics)
			s.on("b", nil)
			s.on("c", nil)
		}, "a b c panic:mine | a b c panic:mine"},
		{"a panic in a once listener", func(s *stage) {
			s.on("a", panics, once)
			s.on("b", nil)
		}, "a b panic:mine | b"},
		{"a panic in the capturing pass", func(s *stage) {
			s.on("b", nil)
			s.on("a", panics, capture)
		}, "a b panic:mine | a b panic:mine"},
		{"a panic behind StopPropagation", func(s *stage) {
			s.on("c", nil)
			s.on("a", inTurn(stops, panics), capture)
			s.on("b", nil, capture)
		}, "a b panic:mine | a b panic:mine"},
		{"a panic behind StopImmediatePropagation", func(s *stage) {
			s.on("a", inTurn(halts, panics))
			s.on("b", nil)
		}, "a panic:mine | a panic:mine"},
		{"a panic in a nested dispatch goes through both", func(s *stage) {
			s.AddEventListener("y", panics)
			s.AddEventListener("y", func(websocket.Event) { s.lines = append(s.lines, "y") })
			s.on("a", func(websocket.Event) { s.DispatchEvent(plain("y")) })
			s.on("b", nil)
		}, "a y b panic:mine | a y b panic:mine"},
		{"Goexit in the first of three", func(s *stage) {
			s.on("a", goexit)
			s.on("b", nil)
			s.on("c", nil)
		}, "a b c | a b c"},
		{"Goexit in every one", func(s *stage) {
			s.on("a", goexit)
			s.on("b", goexit, capture)
			s.on("c", goexit, once)
			s.on("d", nil)
		}, "b a c d | b a d"},
		{"Goexit behind StopImmediatePropagation", func(s *stage) {
			s.on("c", nil)
			s.on("a", inTurn(halts, goexit), capture)
			s.on("b", nil, capture)
		}, "a | a"},
		{"Goexit in a nested dispatch ends both of its listeners and no other", func(s *stage) {
			s.AddEventListener("y", goexit)
			s.AddEventListener("y", func(websocket.Event) { s.lines = append(s.lines, "y") })
			s.on("a", func(websocket.Event) {
				s.DispatchEvent(plain("y"))
				s.lines = append(s.lines, "not reached")
			})
			s.on("b", nil)
		}, "a y b | a y b"},
		{"passive is the listener's and not the event's", func(s *stage) {
			prevents := func(e websocket.Event) {
				e.PreventDefault()
				s.lines = append(s.lines, fmt.Sprint(e.DefaultPrevented()))
			}
			s.on("a", inTurn(prevents, goexit), passive, once)
			s.on("b", prevents)
		}, "a false b true | b true"},
		{"passive, and a nested dispatch in it", func(s *stage) {
			s.AddEventListener("y", func(e websocket.Event) { e.PreventDefault() })
			s.on("a", func(e websocket.Event) {
				inner := websocket.NewEvent("y", websocket.EventInit{Cancelable: true})
				s.lines = append(s.lines, fmt.Sprint(dispatch(s.t, s, inner)))
				e.PreventDefault()
				s.lines = append(s.lines, fmt.Sprint(e.DefaultPrevented()))
			}, passive)
		}, "a false false | a false false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &stage{EventTarget: websocket.NewEventTarget(), t: t}
			c.setUp(s)
			cancelable := func() websocket.Event { return websocket.NewEvent("x", websocket.EventInit{Cancelable: true}) }
			s.fire(cancelable())
			s.lines = append(s.lines, "|")
			s.fire(cancelable())
			s.want(t, c.want)
		})
	}
}

// What was called on an event before its dispatch counts, and the end of the dispatch takes it back: DOM Standard, 2.9,
// dispatch, the last steps. That it was canceled stays.
func TestFlagsFromBeforeTheDispatch(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags func(websocket.Event)
		want  string
	}{
		{"none", nothing, "a b true | a b true"},
		{"StopPropagation", stops, "true | a b true"},
		{"StopImmediatePropagation", halts, "true | a b true"},
		{"PreventDefault", func(e websocket.Event) { e.PreventDefault() }, "a b false | a b false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &stage{EventTarget: websocket.NewEventTarget(), t: t}
			s.on("b", nil)
			s.on("a", nil, websocket.Capture)
			e := websocket.NewEvent("x", websocket.EventInit{Cancelable: true})
			c.flags(e)
			s.lines = append(s.lines, fmt.Sprint(dispatch(t, s, e)), "|")
			s.lines = append(s.lines, fmt.Sprint(dispatch(t, s, e)))
			s.want(t, c.want)
		})
	}
}

// A target that nobody listens to is dispatched to all the same.
func TestDispatchWithoutListeners(t *testing.T) {
	target := websocket.NewEventTarget()
	e := plain("x")
	if !dispatch(t, target, e) || e.Target() != target || e.IsTrusted() || e.EventPhase() != websocket.None {
		t.Errorf("got %+v", e)
	}
	if !dispatch(t, target, e) {
		t.Error("the second time it was canceled")
	}
}

// The type is any string and is compared as it is.
func TestEventTypesAreComparedAsTheyAre(t *testing.T) {
	target := websocket.NewEventTarget()
	var log eventLog
	for _, typ := range []string{"", "open", "OPEN", "é", "a b"} {
		target.AddEventListener(typ, log.adds("<"+typ+">"))
	}
	for _, typ := range []string{"", "Open", "open", "OPEN", "é", "e\u0301", "a b"} {
		dispatch(t, target, plain(typ))
	}
	log.want(t, "<> <open> <OPEN> <é> <a b>")
}

func TestConstructorsDefaults(t *testing.T) {
	show := func(e websocket.Event) string {
		return fmt.Sprint(e.Type(), " ", e.Bubbles(), e.Cancelable(), e.Composed(), e.DefaultPrevented(), e.IsTrusted(), " ",
			e.Target() == nil, e.CurrentTarget() == nil, e.ComposedPath() == nil, " ", e.EventPhase(), e.TimeStamp() > 0)
	}
	const defaults = "t false false false false false true true true 0 true"
	const given = "t true true true false false true true true 0 true"
	all := websocket.EventInit{Bubbles: true, Cancelable: true, Composed: true}
	m := websocket.NewMessageEvent("t", websocket.MessageEventInit{})
	c := websocket.NewCloseEvent("t", websocket.CloseEventInit{})
	e := websocket.NewErrorEvent("t", websocket.ErrorEventInit{})
	for _, ev := range []websocket.Event{plain("t"), m, c, e} {
		if got := show(ev); got != defaults {
			t.Errorf("%T: got %s", ev, got)
		}
	}
	for _, ev := range []websocket.Event{
		websocket.NewEvent("t", all),
		websocket.NewMessageEvent("t", websocket.MessageEventInit{EventInit: all}),
		websocket.NewCloseEvent("t", websocket.CloseEventInit{EventInit: all}),
		websocket.NewErrorEvent("t", websocket.ErrorEventInit{EventInit: all}),
	} {
		if got := show(ev); got != given {
			t.Errorf("%T with all: got %s", ev, got)
		}
	}
	if !m.Data.IsText() || m.Data.Size() != 0 || m.Origin() != "" || m.LastEventID() != "" {
		t.Errorf("MessageEvent: got %+v", m)
	}
	if c.Code != 0 || c.Reason != "" || c.WasClean || e.Err != nil {
		t.Errorf("got %+v %+v", c, e)
	}
}

// slots are a socket's four event handlers, each set to write a name.
var slots = []struct {
	typ   string
	set   func(ws *websocket.WebSocket, log *eventLog, name string)
	clear func(ws *websocket.WebSocket)
	event func() websocket.Event
}{
	{"open", func(ws *websocket.WebSocket, log *eventLog, name string) { ws.OnOpen(log.adds(name)) },
		func(ws *websocket.WebSocket) { ws.OnOpen(nil) }, func() websocket.Event { return plain("open") }},
	{"message", func(ws *websocket.WebSocket, log *eventLog, name string) {
		ws.OnMessage(func(e *websocket.MessageEvent) { log.adds(name)(e) })
	}, func(ws *websocket.WebSocket) { ws.OnMessage(nil) },
		func() websocket.Event { return websocket.NewMessageEvent("message", websocket.MessageEventInit{}) }},
	{"error", func(ws *websocket.WebSocket, log *eventLog, name string) {
		ws.OnError(func(e *websocket.ErrorEvent) { log.adds(name)(e) })
	}, func(ws *websocket.WebSocket) { ws.OnError(nil) },
		func() websocket.Event { return websocket.NewErrorEvent("error", websocket.ErrorEventInit{}) }},
	{"close", func(ws *websocket.WebSocket, log *eventLog, name string) {
		ws.OnClose(func(e *websocket.CloseEvent) { log.adds(name)(e) })
	}, func(ws *websocket.WebSocket) { ws.OnClose(nil) },
		func() websocket.Event { return websocket.NewCloseEvent("close", websocket.CloseEventInit{}) }},
}

// HTML Standard, 8.1.8.1: a slot is a listener from its first func on; another func takes its place in the order, and nil ends
// it, so that the next func comes last.
func TestSlots(t *testing.T) {
	for _, slot := range slots {
		for _, c := range []struct {
			name  string
			setUp func(ws *websocket.WebSocket, log *eventLog)
			want  string // of two dispatches
		}{
			{"its place is where it was set first", func(ws *websocket.WebSocket, log *eventLog) {
				ws.AddEventListener(slot.typ, log.adds("a"))
				slot.set(ws, log, "1")
				ws.AddEventListener(slot.typ, log.adds("b"))
				slot.set(ws, log, "2")
			}, "a 2 b | a 2 b"},
			{"nil gives the place up", func(ws *websocket.WebSocket, log *eventLog) {
				slot.set(ws, log, "1")
				ws.AddEventListener(slot.typ, log.adds("a"))
				slot.clear(ws)
				slot.clear(ws)
				slot.set(ws, log, "2")
				ws.AddEventListener(slot.typ, log.adds("b"))
			}, "a 2 b | a 2 b"},
			{"nil at first takes no place", func(ws *websocket.WebSocket, log *eventLog) {
				slot.clear(ws)
				ws.AddEventListener(slot.typ, log.adds("a"))
				slot.set(ws, log, "1")
			}, "a 1 | a 1"},
			{"capturing listeners come before it", func(ws *websocket.WebSocket, log *eventLog) {
				slot.set(ws, log, "1")
				ws.AddEventListener(slot.typ, log.adds("a"), websocket.Capture)
			}, "a 1 | a 1"},
			{"replaced during the dispatch", func(ws *websocket.WebSocket, log *eventLog) {
				ws.AddEventListener(slot.typ, func(websocket.Event) { slot.set(ws, log, "2") })
				slot.set(ws, log, "1")
			}, "2 | 2"},
			{"set first during the dispatch", func(ws *websocket.WebSocket, log *eventLog) {
				ws.AddEventListener(slot.typ, func(websocket.Event) { slot.set(ws, log, "1") })
			}, "| 1"},
			{"set first in the capturing pass", func(ws *websocket.WebSocket, log *eventLog) {
				ws.AddEventListener(slot.typ, func(websocket.Event) { slot.set(ws, log, "1") }, websocket.Capture)
			}, "1 | 1"},
			{"nil during the dispatch", func(ws *websocket.WebSocket, log *eventLog) {
				ws.AddEventListener(slot.typ, func(websocket.Event) { slot.clear(ws) })
				slot.set(ws, log, "1")
				ws.AddEventListener(slot.typ, log.adds("a"))
			}, "a | a"},
			{"nil and set again during the dispatch", func(ws *websocket.WebSocket, log *eventLog) {
				ws.AddEventListener(slot.typ, func(websocket.Event) {
					slot.clear(ws)
					slot.set(ws, log, "2")
				}, websocket.Once)
				slot.set(ws, log, "1")
				ws.AddEventListener(slot.typ, log.adds("a"))
			}, "a | a 2"},
		} {
			t.Run(slot.typ+"/"+c.name, func(t *testing.T) {
				ws, err := websocket.New("ws://h/")
				if err != nil {
					t.Fatal(err)
				}
				defer ws.Close(0, "")
				var log eventLog
				c.setUp(ws, &log)
				dispatch(t, ws, slot.event())
				log.adds("|")(nil)
				dispatch(t, ws, slot.event())
				log.want(t, c.want)
			})
		}
	}
}

// Each of the connection's events is of its own type, which is what its slot takes.
func TestTypesOfTheConnectionsEvents(t *testing.T) {
	kinds := func(s *socket) {
		for _, typ := range []string{"open", "message", "error", "close"} {
			s.AddEventListener(typ, func(e websocket.Event) {
				_, message := e.(*websocket.MessageEvent)
				_, failure := e.(*websocket.ErrorEvent)
				_, end := e.(*websocket.CloseEvent)
				s.note(fmt.Sprint(e.Type(), ":", message, failure, end))
			})
		}
	}
	runRows(t, []row{
		{name: "a life", url: "/send?text=a", before: kinds, on: does{"text:a": closes(1000, "")},
			want: "open/1 open:false false false text:a/1 message:true false false close:1000::true/3 close:false false true"},
		{name: "a failure", url: "/status?code=404", before: kinds,
			want: "error/3 error:false true false close:1006::false/3 close:false false true"},
	})
}

// Events are made one after the other, and their time stays: DOM Standard, 2.2, timeStamp.
func TestTimeStampsGrow(t *testing.T) {
	var events []websocket.Event
	keep := func(e websocket.Event) { events = append(events, e) }
	row{url: "/send?text=a&text=b&close=1000", before: func(s *socket) {
		for _, typ := range []string{"open", "message", "close"} {
			s.AddEventListener(typ, keep)
		}
	}, want: "open/1 text:a/1 text:b/1 close:1000::true/3"}.run(t)
	for i, e := range events {
		if i > 0 && e.TimeStamp() < events[i-1].TimeStamp() {
			t.Errorf("%s is of %v, before %v of %s", e.Type(), e.TimeStamp(), events[i-1].TimeStamp(), events[i-1].Type())
		}
		if e.CurrentTarget() != nil || e.EventPhase() != websocket.None || len(e.ComposedPath()) != 0 || e.Target() == nil || !e.IsTrusted() {
			t.Errorf("%s after its dispatch: got %v %v %v %v %t", e.Type(), e.CurrentTarget(), e.EventPhase(), e.ComposedPath(), e.Target(), e.IsTrusted())
		}
	}
}

// All listeners of an event return before the next event's begin, whatever they wait for: each is a task of its own.
func TestEventsAreTasksOfTheirOwn(t *testing.T) {
	row{url: raw("join", "text:a", "text:b", "close:1000", "flush", "expect:close", "end"), before: func(s *socket) {
		for _, typ := range []string{"open", "message", "close"} {
			s.AddEventListener(typ, func(websocket.Event) {
				waited := make(chan struct{})
				go close(waited)
				<-waited
				s.note("waited")
			})
			s.AddEventListener(typ, func(websocket.Event) { s.note("last") })
		}
	}, want: "open/1 waited last text:a/1 waited last text:b/1 waited last close:1000::true/3 waited last"}.run(t)
}

// A synthetic event is nothing to the connection, and may be dispatched in a listener of a real one.
func TestSyntheticEventsOnASocketThatIsOpen(t *testing.T) {
	row{url: "/send?text=real", on: does{
		"open": func(s *socket) {
			dispatch(t, s, websocket.NewMessageEvent("message", websocket.MessageEventInit{Data: websocket.Text("made")}))
			dispatch(t, s, websocket.NewCloseEvent("close", websocket.CloseEventInit{Code: 4000, Reason: "made"}))
			dispatch(t, s, websocket.NewErrorEvent("error", websocket.ErrorEventInit{}))
		},
		"text:real": closes(1000, ""),
	}, want: "open/1 text:made/1 close:4000:made:false/1 error/1 text:real/1 close:1000::true/3"}.run(t)
}

// Goexit in a slot, in a once listener and in a nested dispatch, on the socket's own goroutine.
func TestGoexitOnTheSocketsGoroutine(t *testing.T) {
	script := raw("join", "text:a", "text:b", "close:1000", "flush", "expect:close", "end")
	const want = "open/1 text:a/1 text:b/1 close:1000::true/3"
	runRows(t, []row{
		{name: "slots", url: script, before: func(s *socket) {
			s.OnOpen(func(websocket.Event) { runtime.Goexit() })
			s.OnMessage(func(*websocket.MessageEvent) { runtime.Goexit() })
			s.OnClose(func(*websocket.CloseEvent) { runtime.Goexit() })
		}, want: want},
		{name: "the error slot", url: "/status?code=404", before: func(s *socket) {
			s.OnError(func(*websocket.ErrorEvent) { runtime.Goexit() })
			s.OnClose(func(*websocket.CloseEvent) { runtime.Goexit() })
		}, want: failed},
		{name: "once", url: script, before: func(s *socket) {
			for _, typ := range []string{"open", "message", "close"} {
				s.AddEventListener(typ, goexit, websocket.Once, websocket.Capture)
			}
		}, want: want},
		{name: "a nested dispatch", url: script, before: func(s *socket) {
			s.AddEventListener("mine", goexit)
			for _, typ := range []string{"open", "message", "close"} {
				s.AddEventListener(typ, func(websocket.Event) {
					s.DispatchEvent(plain("mine"))
					s.note("not reached")
				}, websocket.Capture)
			}
		}, want: want},
		{name: "behind Close", url: script, on: does{"text:a": also(closes(3000, ""), func(*socket) { runtime.Goexit() })},
			want: "open/1 text:a/1 close:1000::true/3"},
	})
}
