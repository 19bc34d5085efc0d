package reconnect_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/reconnect"
)

// exact is a backoff that leaves nothing to chance.
var exact = reconnect.Backoff{First: time.Second, Most: 5 * time.Second, Jitter: -1}

// few is a policy of a few attempts at most, at once.
func few(n int) func(reconnect.Loss) (time.Duration, bool) {
	return func(l reconnect.Loss) (time.Duration, bool) { return 0, l.Attempt <= n }
}

func TestWaitsGrowUntilTheMost(t *testing.T) {
	onStage(t, reconnect.Dialer{Backoff: exact}, func(s *stage) {
		s.Start()
		for range 5 {
			s.next().lost()
		}
		s.next()
		s.want("0s:connecting:0 0s:close:1006 0s:reconnecting:1:1s 1s:connecting:1 1s:close:1006 1s:reconnecting:2:2s " +
			"3s:connecting:2 3s:close:1006 3s:reconnecting:3:4s 7s:connecting:3 7s:close:1006 7s:reconnecting:4:5s " +
			"12s:connecting:4 12s:close:1006 12s:reconnecting:5:5s 17s:connecting:5")
	})
}

func TestAStableConnectionCountsAnew(t *testing.T) {
	for _, c := range []struct {
		stable, open time.Duration
		attempt      string
	}{
		{0, 5*time.Second - 1, "2"}, {0, 5 * time.Second, "1"},
		{time.Minute, 59 * time.Second, "2"}, {time.Minute, time.Minute, "1"},
		{-1, 0, "1"},
	} {
		onStage(t, reconnect.Dialer{Backoff: exact, Stable: c.stable}, func(s *stage) {
			s.Start()
			s.next().lost()
			f := s.next()
			f.Opened("", "")
			time.Sleep(c.open)
			f.lost()
			synctest.Wait()
			if last := s.trace[len(s.trace)-1]; !strings.Contains(last, ":reconnecting:"+c.attempt+":") {
				t.Errorf("Stable %v, open for %v: got %s, want the attempt %s", c.stable, c.open, last, c.attempt)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		backoff reconnect.Backoff
		attempt int
		from    time.Duration // not included, unless it is to
		to      time.Duration
	}{
		{reconnect.Backoff{}, 1, 250 * time.Millisecond, 500 * time.Millisecond},
		{reconnect.Backoff{}, 2, 500 * time.Millisecond, time.Second},
		{reconnect.Backoff{}, 6, 8 * time.Second, 16 * time.Second},
		{reconnect.Backoff{}, 7, 15 * time.Second, 30 * time.Second},
		{reconnect.Backoff{}, math.MaxInt, 15 * time.Second, 30 * time.Second},
		{reconnect.Backoff{}, -1, 250 * time.Millisecond, 500 * time.Millisecond},
		{reconnect.Backoff{First: time.Minute}, 1, 15 * time.Second, 30 * time.Second},
		{reconnect.Backoff{Factor: 1, Jitter: 1}, 9, 0, 500 * time.Millisecond},
		{reconnect.Backoff{Factor: 3, Jitter: -1}, 3, 4500 * time.Millisecond, 4500 * time.Millisecond},
	} {
		seen := map[time.Duration]bool{}
		for range 200 {
			d := c.backoff.Delay(c.attempt)
			seen[d] = true
			if d > c.to || d <= c.from && c.from < c.to || d < c.from {
				t.Errorf("%+v, attempt %d: got %v, want more than %v and at most %v", c.backoff, c.attempt, d, c.from, c.to)
			}
		}
		if len(seen) == 1 && c.from < c.to {
			t.Errorf("%+v, attempt %d: got %v each time, want it left to chance", c.backoff, c.attempt, c.to)
		}
	}
}

func TestOptionsThatMeanNothing(t *testing.T) {
	nan := math.NaN()
	for option, d := range map[string]reconnect.Dialer{
		"Backoff.First":  {Backoff: reconnect.Backoff{First: -1}},
		"Backoff.Most":   {Backoff: reconnect.Backoff{Most: -1}},
		"Backoff.Factor": {Backoff: reconnect.Backoff{Factor: 0.5}},
		"Backoff.Jitter": {Backoff: reconnect.Backoff{Jitter: 1.5}},
		"Queue":          {Queue: 9},
	} {
		_, err := d.New("ws://h")
		var wrong *reconnect.OptionError
		if !errors.As(err, &wrong) || wrong.Option != option || !strings.HasPrefix(err.Error(), "reconnect: New: "+option+": got ") {
			t.Errorf("%s: got %v", option, err)
		}
	}
	for _, b := range []reconnect.Backoff{{Factor: nan}, {Jitter: nan}, {Factor: -1}} {
		if _, err := (&reconnect.Dialer{Backoff: b}).New("ws://h"); err == nil {
			t.Errorf("%+v: got no error", b)
		}
	}
	if _, err := reconnect.New("ftp://h"); !errors.Is(err, websocket.ErrSyntax) {
		t.Errorf("got %v, want a SyntaxError", err)
	}
	never := func(string, []string, websocket.Sink) (websocket.Conn, error) {
		t.Error("called by New")
		return nil, nil
	}
	d := reconnect.Dialer{Dialer: websocket.Dialer{Engine: never}}
	if _, err := d.New("ws://h", "a b"); !errors.Is(err, websocket.ErrSyntax) {
		t.Errorf("got %v, want a SyntaxError with an engine of its own too", err)
	}
}

func TestTemporary(t *testing.T) {
	for code, want := range map[uint16]bool{
		1000: false, 1001: true, 1002: false, 1003: false, 1005: true, 1006: true, 1007: false, 1008: false, 1009: false,
		1010: false, 1011: true, 1012: true, 1013: true, 1014: true, 3000: false, 3001: true, 3003: false, 4000: true, 4999: true,
	} {
		loss := reconnect.Loss{Close: websocket.NewCloseEvent("close", websocket.CloseEventInit{Code: code})}
		if got := loss.Temporary(); got != want {
			t.Errorf("%d: got %t, want %t", code, got, want)
		}
	}
	if !(reconnect.Loss{Err: errors.New("no token")}).Temporary() {
		t.Error("an error of Prepare: got false, want true")
	}
}

func TestThePolicyIsToldTheLossAndObeyed(t *testing.T) {
	broken := errors.New("broken")
	var losses []reconnect.Loss
	policy := func(l reconnect.Loss) (time.Duration, bool) {
		losses = append(losses, l)
		return time.Duration(l.Attempt) * time.Minute, l.Attempt < 3
	}
	onStage(t, reconnect.Dialer{Policy: policy}, func(s *stage) {
		go func() {
			s.next().ends(1006, false, broken)
			s.next().ends(1008, true, nil)
			s.next().ends(1011, false, nil)
		}()
		err := s.run()
		s.want("0s:connecting:0 0s:error 0s:close:1006 0s:reconnecting:1:1m0s 1m0s:connecting:1 1m0s:close:1008 " +
			"1m0s:reconnecting:2:2m0s 3m0s:connecting:2 3m0s:close:1011 3m0s:end:3")
		var ended *websocket.WebSocketError
		if !errors.As(err, &ended) || ended.CloseCode != 1011 {
			t.Errorf("got %v, want the last connection's error", err)
		}
		if !errors.Is(losses[0].Err, broken) || losses[0].Close.Code != 1006 || losses[0].Attempt != 1 {
			t.Errorf("got %+v", losses[0])
		}
		if losses[1].Err != nil || losses[1].Close.Code != 1008 || !losses[1].Close.WasClean {
			t.Errorf("got %+v, want no error of a clean close", losses[1])
		}
	})
}

func TestTheDefaultPolicyEndsAfterANormalClosure(t *testing.T) {
	onStage(t, reconnect.Dialer{}, func(s *stage) {
		go func() { s.next().ends(1000, true, nil) }()
		must(t, s.run())
		s.want("0s:connecting:0 0s:close:1000 0s:end:1")
		if err := s.Send(websocket.Text("late")); !errors.Is(err, websocket.ErrInvalidState) {
			t.Errorf("got %v, want an InvalidStateError: nothing would ever send it", err)
		}
	})
}

func TestRetryNowEndsTheWaitAndNothingElse(t *testing.T) {
	onStage(t, reconnect.Dialer{Backoff: exact}, func(s *stage) {
		s.RetryNow() // not started
		s.Start()
		f := s.next()
		s.RetryNow() // connecting
		f.lost()
		synctest.Wait()
		s.RetryNow() // waiting
		s.RetryNow()
		s.next().lost()
		f = s.next()
		s.AddEventListener("reconnecting", func(websocket.Event) { s.RetryNow() }, websocket.Once) // before the wait has begun
		f.lost()
		f = s.next()
		f.Opened("", "")
		s.RetryNow() // open
		s.want("0s:connecting:0 0s:close:1006 0s:reconnecting:1:1s 0s:connecting:1 0s:close:1006 0s:reconnecting:2:2s " +
			"2s:connecting:2 2s:close:1006 2s:reconnecting:3:4s 2s:connecting:3 2s:open")
	})
}

func TestTheWaitGoesOnWhileListenersRun(t *testing.T) {
	onStage(t, reconnect.Dialer{Backoff: exact}, func(s *stage) {
		s.AddEventListener("reconnecting", func(websocket.Event) { time.Sleep(600 * time.Millisecond) })
		s.Start()
		s.next().lost()
		s.next()
		s.want("0s:connecting:0 0s:close:1006 0s:reconnecting:1:1s 1s:connecting:1")
	})
}

func TestHandshakeTimeoutBoundsEachAttempt(t *testing.T) {
	d := reconnect.Dialer{Backoff: exact, Dialer: websocket.Dialer{Options: websocket.Options{HandshakeTimeout: time.Minute}}}
	onStage(t, d, func(s *stage) {
		s.Start()
		s.next()
		s.next()
		f := s.next()
		time.Sleep(59 * time.Second)
		f.Opened("", "") // slow, and no failure
		s.want("0s:connecting:0 1m0s:error 1m0s:close:1006 1m0s:reconnecting:1:1s 1m1s:connecting:1 2m1s:error 2m1s:close:1006 " +
			"2m1s:reconnecting:2:2s 2m3s:connecting:2 3m2s:open")
	})
}

// Close in each phase, and what Run returns.
func TestClose(t *testing.T) {
	patient := func(ctx context.Context, _ *reconnect.Attempt) error {
		<-ctx.Done()
		return ctx.Err()
	}
	for _, c := range []struct {
		name    string
		prepare func(context.Context, *reconnect.Attempt) error
		script  func(*stage)
		want    string
	}{
		{"before Start", nil, func(s *stage) { s.Close(3000, "x"); s.Start() }, "0s:end:0"},
		{"in Prepare", patient, func(s *stage) { s.Start(); synctest.Wait(); s.Close(3000, "x") }, "0s:end:0"},
		{"in the connecting event", nil, func(s *stage) {
			s.AddEventListener("connecting", func(websocket.Event) { s.Close(3000, "x") })
			s.Start()
		}, "0s:connecting:0 0s:error 0s:close:1006 0s:end:0"},
		{"while connecting", nil, func(s *stage) { s.Start(); s.next(); s.Close(3000, "x") },
			"0s:connecting:0 0s:error 0s:close:1006 0s:end:0"},
		{"open", nil, func(s *stage) { s.Start(); s.next().Opened("", ""); s.Close(3000, "x"); s.Close(3001, "y") },
			"0s:connecting:0 0s:open 0s:close:3000 0s:end:0"},
		{"in the close event", nil, func(s *stage) {
			s.AddEventListener("close", func(websocket.Event) { s.Close(3000, "x") })
			s.Start()
			s.next().ends(1012, true, nil)
		}, "0s:connecting:0 0s:close:1012 0s:end:0"},
		{"in the reconnecting event", nil, func(s *stage) {
			s.AddEventListener("reconnecting", func(websocket.Event) { s.Close(3000, "x") })
			s.Start()
			s.next().lost()
		}, "0s:connecting:0 0s:close:1006 0s:reconnecting:1:1s 0s:end:0"},
		{"while it waits", nil, func(s *stage) {
			s.Start()
			f := s.next()
			f.Opened("", "")
			f.lost()
			synctest.Wait()
			s.Close(3000, "x")
		}, "0s:connecting:0 0s:open 0s:close:1006 0s:reconnecting:1:1s 0s:end:0"},
		{"after the end", nil, func(s *stage) {
			s.Start()
			s.next().ends(1000, true, nil)
			<-s.Done()
			s.Close(3000, "x")
			s.Start()
		}, "0s:connecting:0 0s:close:1000 0s:end:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onStage(t, reconnect.Dialer{Backoff: exact, Prepare: c.prepare}, func(s *stage) {
				c.script(s)
				must(t, s.run())
				must(t, s.run()) // again
				s.want(c.want)
				if s.ReadyState() != websocket.Closed {
					t.Errorf("got %v, want CLOSED", s.ReadyState())
				}
				if err := s.Send(websocket.Text("late")); !errors.Is(err, websocket.ErrInvalidState) {
					t.Errorf("Send at the end: got %v, want an InvalidStateError", err)
				}
			})
		})
	}
}

func TestCloseRefusesWhatAWebSocketRefuses(t *testing.T) {
	onStage(t, reconnect.Dialer{}, func(s *stage) {
		if err := s.Close(1001, ""); !errors.Is(err, websocket.ErrInvalidAccess) {
			t.Errorf("got %v, want an InvalidAccessError", err)
		}
		s.Start()
		s.next().Opened("", "")
		if err := s.Close(1000, strings.Repeat("x", 124)); !errors.Is(err, websocket.ErrSyntax) {
			t.Errorf("got %v, want a SyntaxError", err)
		}
		s.want("0s:connecting:0 0s:open")
	})
}

func TestAnUncleanEndOfAnOpenConnectionIsRunsError(t *testing.T) {
	onStage(t, reconnect.Dialer{}, func(s *stage) {
		s.AddEventListener("open", func(websocket.Event) {
			s.Close(1000, "")
			if s.ReadyState() != websocket.Closing {
				t.Errorf("got %v, want CLOSING", s.ReadyState())
			}
		})
		go func() {
			f := s.next()
			f.silent = true
			f.Opened("", "")
			f.lost()
		}()
		var ended *websocket.WebSocketError
		if err := s.run(); !errors.As(err, &ended) || ended.CloseCode != 1006 {
			t.Errorf("got %v, want an error with 1006", err)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	onStage(t, reconnect.Dialer{}, func(s *stage) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		s.Start()
		f := s.next()
		f.Opened("", "")
		must(t, s.Run(ctx))
		s.want("0s:connecting:0 0s:open 1h0m0s:close:1000 1h0m0s:end:0")
		f.want("close:1000:")
	})
	onStage(t, reconnect.Dialer{Policy: few(0)}, func(s *stage) {
		go func() { s.next().ends(4000, true, nil) }()
		must(t, s.Run(nil))
		s.want("0s:connecting:0 0s:close:4000 0s:end:1")
	})
}

func TestPrepareChangesTheAttempt(t *testing.T) {
	prepare := func(_ context.Context, a *reconnect.Attempt) error {
		if a.URL != "ws://h/p" || strings.Join(a.Protocols, ",") != "a" {
			t.Errorf("got %v, want what New was given", a)
		}
		a.URL += "?token=" + string(rune('a'+a.Number))
		a.Protocols[0] = "b"
		return nil
	}
	onStage(t, reconnect.Dialer{Prepare: prepare, Backoff: exact}, func(s *stage) {
		if s.WebSocket() != nil {
			t.Error("got a WebSocket before Start")
		}
		s.Start()
		for _, url := range []string{"ws://h/p?token=a", "ws://h/p?token=b"} {
			f := s.next()
			if f.url != url || f.protocols != "b" || s.WebSocket().URL() != url {
				t.Errorf("got %s %s and %s, want %s b", f.url, f.protocols, s.WebSocket().URL(), url)
			}
			f.lost()
		}
	})
}

func TestAnErrorOfPrepareIsALoss(t *testing.T) {
	expired := errors.New("expired")
	prepare := func(_ context.Context, a *reconnect.Attempt) error {
		switch a.Number {
		case 0:
			return expired
		case 1:
			runtime.Goexit()
		}
		a.URL = "nonsense://"
		return nil
	}
	onStage(t, reconnect.Dialer{Prepare: prepare, Backoff: exact}, func(s *stage) {
		var first reconnect.Loss
		s.AddEventListener("reconnecting", func(e websocket.Event) { first = e.(*reconnect.ReconnectingEvent).Loss }, websocket.Once)
		if err := s.run(); !errors.Is(err, websocket.ErrSyntax) {
			t.Errorf("got %v, want a SyntaxError", err)
		}
		s.want("0s:error 0s:reconnecting:1:1s 1s:error 1s:reconnecting:2:2s 3s:error 3s:end:3")
		if first.Close != nil || first.Err != expired {
			t.Errorf("got %+v, want the error of Prepare", first)
		}
	})
}

// What New and Close do for their checks is not a connection's.
func TestATraceSeesConnectionsAlone(t *testing.T) {
	d := reconnect.Dialer{Dialer: websocket.Dialer{Trace: &websocket.Trace{
		State: func(from, to websocket.ReadyState) { t.Errorf("got %v to %v, want nothing", from, to) },
	}}}
	s, err := d.New("ws://h")
	must(t, err)
	must(t, s.Close(1000, ""))
	must(t, s.Run(t.Context()))
}

func TestCloseWhileTheWebSocketIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *reconnect.Socket
		d := reconnect.Dialer{Dialer: websocket.Dialer{Engine: func(string, []string, websocket.Sink) (websocket.Conn, error) {
			must(t, s.Close(1000, ""))
			return &fakeConn{over: true}, nil // has no stage: it must not be started
		}}}
		s, _ = d.New("ws://h")
		must(t, s.Run(context.Background()))
	})
}

// What the engine can't do now it may do later; what New refuses it will always refuse.
func TestAnEnginesErrorIsALostAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		d := reconnect.Dialer{Policy: func(l reconnect.Loss) (time.Duration, bool) { return 0, l.Temporary() && l.Attempt < 3 }}
		d.Dialer.Engine = func(string, []string, websocket.Sink) (websocket.Conn, error) {
			calls++
			return nil, errors.New("no tunnel")
		}
		s, _ := d.New("ws://h")
		if err := s.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "no tunnel") || calls != 3 {
			t.Errorf("got %v after %d calls, want the engine's error after 3", err, calls)
		}
		d.Dialer.ReadLimit = 1 // which an engine of one's own can't be told
		s, _ = d.New("ws://h")
		if err := s.Run(context.Background()); !errors.Is(err, websocket.ErrNotSupported) || calls != 3 {
			t.Errorf("got %v, want a NotSupportedError and no further attempt", err)
		}
	})
}

func TestGoexitEndsTheListenerAlone(t *testing.T) {
	d := reconnect.Dialer{Backoff: exact, Subscribe: func(*websocket.WebSocket, bool) { runtime.Goexit() }}
	onStage(t, d, func(s *stage) {
		for _, typ := range []string{"connecting", "open", "message", "close", "reconnecting", "end"} {
			s.AddEventListener(typ, func(websocket.Event) { runtime.Goexit() })
		}
		s.sends("queued")
		s.Start()
		f := s.next()
		go f.Opened("", "")
		synctest.Wait()
		go f.Text("m")
		synctest.Wait()
		f.want("queued")
		f.lost()
		go func() { s.next().ends(1000, true, nil) }()
		must(t, s.run())
		s.want("0s:connecting:0 0s:open 0s:text:m 0s:close:1006 0s:reconnecting:1:1s 1s:connecting:1 1s:close:1000 1s:end:2")
	})
	onStage(t, reconnect.Dialer{Policy: func(reconnect.Loss) (time.Duration, bool) { runtime.Goexit(); return 0, true }}, func(s *stage) {
		s.Start()
		s.next().lost()
		s.want("0s:connecting:0 0s:close:1006 0s:end:1")
	})
}

func TestEvents(t *testing.T) {
	onStage(t, reconnect.Dialer{Policy: few(1)}, func(s *stage) {
		var states []string
		for _, typ := range []string{"connecting", "open", "message", "close", "reconnecting", "end"} {
			s.AddEventListener(typ, func(e websocket.Event) {
				states = append(states, e.Type()+":"+s.ReadyState().String())
				if e.Target() != s.Socket {
					t.Errorf("%s: got the target %v, want the Socket", e.Type(), e.Target())
				}
			})
		}
		s.OnError(nil)
		s.OnMessage(func(e *websocket.MessageEvent) { // in place of the stage's
			if e.Data.Text() != "m" || e.Origin() != "ws://h" {
				t.Errorf("got %q from %q", e.Data.Text(), e.Origin())
			}
		})
		if s.ReadyState() != websocket.Connecting {
			t.Errorf("got %v before Start, want CONNECTING", s.ReadyState())
		}
		s.Start()
		s.Start()
		f := s.next()
		f.Opened("", "")
		f.Text("m")
		f.ends(1006, false, errors.New("broken"))
		s.next().ends(1000, true, nil)
		<-s.Done()
		s.want("0s:connecting:0 0s:open 0s:close:1006 0s:reconnecting:1:0s 0s:connecting:1 0s:close:1000 0s:end:2")
		want := "connecting:CONNECTING open:OPEN message:OPEN close:CONNECTING reconnecting:CONNECTING connecting:CONNECTING " +
			"close:CONNECTING end:CLOSED"
		if got := strings.Join(states, " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		s.DispatchEvent(websocket.NewEvent("message", websocket.EventInit{})) // passes the slot by
	})
}

// What a program does with a connection's own events does not reach the Socket.
func TestTheConnectionsListenersCantHideItsEvents(t *testing.T) {
	onStage(t, reconnect.Dialer{Backoff: exact}, func(s *stage) {
		s.OnConnecting(func(e *reconnect.ConnectingEvent) {
			for _, typ := range []string{"open", "message", "error", "close"} {
				e.WebSocket.AddEventListener(typ, websocket.Event.StopImmediatePropagation, websocket.Capture)
			}
		})
		s.Start()
		f := s.next()
		s.WebSocket().DispatchEvent(websocket.NewEvent("open", websocket.EventInit{}))
		s.WebSocket().DispatchEvent(websocket.NewEvent("close", websocket.EventInit{}))
		f.Opened("", "")
		f.ends(1012, false, errors.New("broken"))
		s.want("0s:open 0s:error 0s:close:1012 0s:reconnecting:1:1s")
	})
}
