package native

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// numbered is a ping's payload.
func numbered(n byte) string { return string([]byte{n, 0, 0, 0, 0, 0, 0, 0}) }

func pongFrame(payload string) string { return frame(0x8A, payload) }

func TestPingTakesItsPong(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		first, second := make(chan string, 1), make(chan string, 1)
		ping := func(to chan string) {
			took, err := p.c.Ping(t.Context())
			to <- fmt.Sprint(took, err)
		}
		go ping(first)
		synctest.Wait()
		time.Sleep(time.Second)
		go ping(second)
		p.wantFrames("ping:"+numbered(1), "ping:"+numbered(2))
		time.Sleep(time.Second)
		p.peer.give(pongFrame("") + pongFrame("unasked") + pongFrame(numbered(0)) + pongFrame(numbered(3))) // answers to nothing
		synctest.Wait()
		if len(first)+len(second) > 0 {
			t.Error("taken for an answer")
		}
		p.peer.give(pongFrame(numbered(2))) // to both
		if got := <-first + ", " + <-second; got != "2s <nil>, 1s <nil>" {
			t.Errorf("got %s", got)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

func TestPingEnds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		ended := make(chan error)
		go func() {
			_, err := p.c.Ping(t.Context())
			ended <- err
		}()
		synctest.Wait()
		p.peer.hangUp(errCut)
		if err := <-ended; err == nil {
			t.Error("got no error when the connection ended")
		}
		if _, err := p.c.Ping(t.Context()); err == nil {
			t.Error("got no error behind the end")
		}
		p.untilEnd()
	})
}

// A pong is seen while a listener sleeps, and when it is a listener that waits for it.
func TestPingWhileAListenerBlocks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		took := make(chan time.Duration, 1)
		p := opened(t, does{
			"text:sleep": func(p *play) { time.Sleep(time.Minute) },
			"text:ping": func(p *play) {
				d, err := p.c.Ping(t.Context())
				if err != nil {
					t.Error(err)
				}
				took <- d
			},
		})
		p.peer.give(textFrame("sleep"))
		synctest.Wait()
		time.Sleep(time.Second)
		go func() {
			synctest.Wait()
			p.peer.give(pongFrame(numbered(1)))
		}()
		if d, err := p.c.Ping(t.Context()); d > time.Second || err != nil {
			t.Errorf("got %v, %v", d, err)
		}
		time.Sleep(time.Hour)
		p.peer.give(textFrame("ping"))
		synctest.Wait()
		p.peer.give(pongFrame(numbered(2)))
		if d := <-took; d > 2*patience {
			t.Errorf("got %v, want at most %v", d, 2*patience)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

const (
	interval = 30 * time.Second
	timely   = 10 * time.Second
)

var keepsAlive = Config{PingInterval: interval, PongTimeout: timely, CloseTimeout: -1}

func TestSilentPeerIsFoundDead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, keepsAlive).begin()
		p.wantEnd("open closed:1006::false", context.DeadlineExceeded)
		p.wantAfter(interval + timely)
		p.wantFrames("ping:" + numbered(1))
	})
}

func TestPeerThatWasHeardIsFoundDeadWithinTwiceTheInterval(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, keepsAlive).begin()
		time.Sleep(time.Second)
		p.peer.give(textFrame("last"))
		p.wantEnd("open text:last closed:1006::false", context.DeadlineExceeded)
		p.wantAfter(2*interval + timely)
	})
}

// Anything that comes is a sign of life, a part of a message too, and then no ping is sent.
func TestPeerThatTalksIsNotAsked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, keepsAlive).begin()
		p.peer.give("\x82\x7D") // of 125 bytes
		for range 100 {
			time.Sleep(interval - time.Second)
			p.peer.give("x")
		}
		p.wantFrames()
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

func TestPongsKeepAConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, keepsAlive).begin()
		for n := range byte(10) {
			p.peer.await("ping:" + numbered(n+1))
			p.peer.give(pongFrame(numbered(n + 1)))
		}
		p.want("open")
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

// While it is we who do not read, or the peer that takes slowly what was sent before the ping, nobody is dead.
func TestWhoIsNotDead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := keepsAlive
		c.ReadAhead = 1
		p := newPlay(t, does{"text:block": func(*play) { time.Sleep(time.Hour) }}, c).begin()
		p.peer.give(textFrame("block"))
		synctest.Wait()
		time.Sleep(time.Second)
		p.peer.give(textFrame("a")) // more than is read ahead
		synctest.Wait()
		p.peer.give(textFrame("b"))
		time.Sleep(time.Hour)
		p.want("open text:block text:a text:b")
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, keepsAlive).begin()
		p.peer.take(0)
		p.c.SendBinary(make([]byte, 20*largeChunk))
		for range 20 {
			time.Sleep(timely - time.Second)
			p.peer.take(largeChunk)
		}
		p.want("open")
		p.peer.take(0)
		p.wantEnd("open closed:1006::false", context.DeadlineExceeded)
	})
}

// The search ends with the closing handshake, which has a limit of its own.
func TestClosingIsNotSearched(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, keepsAlive).begin()
		p.c.Close(1000, "")
		time.Sleep(time.Hour)
		p.wantFrames("close:1000:")
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

func TestKeepaliveOptions(t *testing.T) {
	for _, c := range []Config{{PingInterval: -1}, {PingInterval: 1, PongTimeout: -1}, {PongTimeout: 1}} {
		if _, err := c.Over(newWire())("ws://h/", nil, &play{T: t}); err == nil {
			t.Errorf("%v %v: got no error", c.PingInterval, c.PongTimeout)
		}
	}
}
