package native

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMessagesSentTogetherLeaveTogether(t *testing.T) {
	for _, row := range []struct {
		rule     string
		inline   bool
		messages string // of one read
		sends    int    // in the last one's listener
		size     int
		slow     bool // the peer takes nothing before the listener returns
		most     int  // writes
	}{
		{"one answer to one message", true, textFrame("a"), 1, 10, false, 1},
		{"one answer to one message, no inline write", false, textFrame("a"), 1, 10, false, 1},
		{"two answers to one message: the first at once", true, textFrame("a"), 2, 10, false, 2},
		{"a thousand answers to one message", true, textFrame("a"), 1000, 10, true, 5},
		{"a thousand answers to the last of two", true, textFrame("z") + textFrame("a"), 1000, 10, true, 5},
		{"a hundred answers to the last of two", true, textFrame("z") + textFrame("a"), 100, 10, false, 1},
		{"a hundred answers to the last of two, no inline write", false, textFrame("z") + textFrame("a"), 100, 10, false, 1},
		{"a megabyte of answers", true, textFrame("z") + textFrame("a"), 100, 10_000, true, 14},
	} {
		t.Run(row.rule, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				p := newPlay(t, does{"text:a": func(p *play) {
					for range row.sends {
						p.c.SendText(strings.Repeat("x", row.size))
					}
				}}, Config{})
				if row.inline {
					p.inline()
				}
				p.begin()
				if row.slow {
					p.peer.take(0)
				}
				p.peer.give(row.messages)
				synctest.Wait()
				p.peer.take(-1)
				synctest.Wait()
				if _, writes, _ := p.peer.counts(); writes > row.most {
					t.Errorf("got %d writes, want at most %d", writes, row.most)
				}
				if got := len(p.peer.frames()); got != row.sends {
					t.Errorf("got %d frames, want %d", got, row.sends)
				}
				p.peer.hangUp(errCut)
				p.untilEnd()
			})
		})
	}
}

func TestAnswerToAloneMessageLeavesBeforeItsListenerReturns(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		left := func(p *play) {
			p.c.SendText("answer")
			if _, writes, _ := p.peer.counts(); writes == 0 {
				t.Error("the answer did not leave at once")
			}
		}
		for _, event := range []string{"open", "text:a"} {
			p := newPlay(t, does{event: left}, Config{})
			p.inline()
			p.begin()
			p.peer.give(textFrame("a"))
			p.want("open text:a")
			p.peer.hangUp(errCut)
			p.untilEnd()
		}
	})
}

func TestWriteThatTakesOnlyAPartIsGoneOnWith(t *testing.T) {
	for _, takes := range []int{0, 1, 7, 1000, largeChunk} {
		inBubble(t, func(t *testing.T) {
			big := string(pattern(3*largeChunk + 5))
			p := newPlay(t, does{"open": func(p *play) {
				p.peer.take(takes)
				p.c.SendBinary([]byte(big))
				p.c.SendText("after")
			}}, Config{})
			p.inline()
			p.begin()
			p.c.SendText("last")
			for range 10 {
				p.peer.take(1)
				synctest.Wait()
			}
			p.peer.take(-1)
			p.wantFrames("binary:"+big, "text:after", "text:last")
			if got := p.c.Buffered(); got != 0 {
				t.Errorf("got %d buffered, want 0", got)
			}
			p.peer.hangUp(errCut)
			p.untilEnd()
		})
	}
}

func TestBufferedCountsPayloadUntilItIsWritten(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.peer.give(pingFrame("does not count"))
		p.c.SendText("é€")
		p.c.SendBinary([]byte("123"))
		p.c.SendBlob(NewBlob([]byte("12"), ""))
		p.c.SendText("")
		synctest.Wait()
		if got := p.c.Buffered(); got != 10 {
			t.Errorf("got %d, want 10", got)
		}
		p.peer.take(-1)
		synctest.Wait()
		if got := p.c.Buffered(); got != 0 {
			t.Errorf("got %d when all is written, want 0", got)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

func TestBufferedDoesNotFallDuringAListener(t *testing.T) {
	for _, messages := range []string{textFrame("a"), textFrame("z") + textFrame("a")} {
		for _, inline := range []bool{false, true} {
			inBubble(t, func(t *testing.T) {
				p := newPlay(t, does{"text:a": func(p *play) {
					sent := uint64(0)
					for range 100 {
						p.c.SendBinary(make([]byte, 10_000))
						if sent += 10_000; p.c.Buffered() != sent {
							t.Errorf("got %d buffered, want %d", p.c.Buffered(), sent)
						}
					}
					for {
						if _, _, n := p.peer.counts(); n > 0 {
							break // some have left
						}
						runtime.Gosched()
					}
					if p.c.Buffered() != sent {
						t.Errorf("got %d buffered after some have left, want %d", p.c.Buffered(), sent)
					}
				}}, Config{})
				if inline {
					p.inline()
				}
				p.begin()
				p.peer.give(messages)
				synctest.Wait()
				if got := p.c.Buffered(); got != 0 {
					t.Errorf("got %d buffered after the listener, want 0", got)
				}
				p.peer.hangUp(errCut)
				p.untilEnd()
			})
		}
	}
}

func TestSendAfterCloseIsCountedAndDropped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.c.SendText("sent")
		p.c.Close(1000, "")
		p.c.SendText("12")
		p.c.SendBinary([]byte("345"))
		p.c.SendBlob(NewBlob([]byte("6"), ""))
		p.wantFrames("text:sent", "close:1000:")
		if got := p.c.Buffered(); got != 6 {
			t.Errorf("got %d buffered, want 6", got)
		}
		p.peer.give(closeFrameOf(1000, ""))
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closing closed:1000::true", nil)
		p.c.SendText("7")
		if got := p.c.Buffered(); got != 7 {
			t.Errorf("got %d buffered after the end, want 7", got)
		}
	})
}

func TestBufferedIsNotResetByTheEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.c.SendText("never taken")
		synctest.Wait()
		p.c.SendText("nor this")
		p.peer.hangUp(errCut)
		p.wantEnd("open closed:1006::false", errCut)
		if got := p.c.Buffered(); got != uint64(len("never takennor this")) {
			t.Errorf("got %d buffered, want it all", got)
		}
		if !p.c.out.empty() {
			t.Error("the chunks were kept")
		}
	})
}

// Wait

func TestWaitReturnsWhenEnoughIsWritten(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		for range 10 {
			p.c.SendBinary(make([]byte, largeChunk))
		}
		if err := p.c.Wait(nil, 10*largeChunk); err != nil {
			t.Errorf("got %v where there is nothing to wait for", err)
		}
		done := make(chan error)
		go func() { done <- p.c.Wait(nil, 5*largeChunk) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Errorf("got %v with all unsent", err)
		default:
		}
		p.peer.take(7 * largeChunk)
		if err := <-done; err != nil || p.c.Buffered() > 5*largeChunk {
			t.Errorf("got %v with %d bytes unsent", err, p.c.Buffered())
		}
		p.peer.take(-1)
		if err := p.c.Wait(nil, 0); err != nil || p.c.Buffered() != 0 {
			t.Errorf("got %v with %d bytes unsent", err, p.c.Buffered())
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

func TestWaitInAListenerCountsAsBlocking(t *testing.T) {
	for _, inline := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			p := newPlay(t, does{"message": func(p *play) {
				for range 3 {
					p.c.SendText("x")
					p.c.SendText("y")
					if err := p.c.Wait(nil, 0); err != nil || p.c.Buffered() != 0 {
						t.Errorf("got %v with %d bytes unsent", err, p.c.Buffered())
					}
				}
				p.wantAfter(0)
			}}, Config{})
			if inline {
				p.inline()
			}
			p.begin()
			p.peer.give(textFrame("a") + textFrame("b"))
			p.want("open text:a text:b")
			p.peer.hangUp(errCut)
			p.untilEnd()
		})
	}
}

func TestWaitEndsWhenItIsTo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.c.SendText("x")
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := p.c.Wait(ctx.Done(), 0); err != errDone {
			t.Errorf("got %v, want %v", err, errDone)
		}
		p.wantAfter(time.Second)
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

func TestWaitEndsWithTheConnection(t *testing.T) {
	for _, row := range []struct {
		rule string
		end  func(p *play)
	}{
		{"the stream ends", func(p *play) { p.peer.hangUp(io.EOF) }},
		{"it is failed", func(p *play) { p.c.Fail(errCut) }},
		{"a write fails", func(p *play) { p.peer.locked(func() { p.peer.broken = errCut }) }},
	} {
		t.Run(row.rule, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				p := opened(t, nil)
				p.peer.take(0)
				p.c.SendText("12345")
				done := make(chan error)
				for range 3 {
					go func() { done <- p.c.Wait(nil, 0) }()
				}
				synctest.Wait()
				row.end(p)
				for range 3 {
					if err := <-done; err == nil || !strings.Contains(err.Error(), "5 bytes unsent") {
						t.Errorf("got %v, want an error", err)
					}
				}
				p.wantAfter(0)
				p.untilEnd()
				if err := p.c.Wait(nil, 0); err == nil {
					t.Error("got no error after the end")
				}
				if err := p.c.Wait(nil, 5); err != nil {
					t.Errorf("got %v where there is nothing to wait for", err)
				}
			})
		})
	}
}

// Pongs

func TestPongFloodStaysBoundedAndTheLatestPingIsAnswered(t *testing.T) {
	for _, last := range []string{"the last", ""} {
		t.Run(fmt.Sprintf("last %q", last), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				p := opened(t, nil)
				p.peer.take(0)
				p.c.SendText("in flight")
				synctest.Wait()
				flood := strings.Repeat(pingFrame(strings.Repeat("p", 125)), 100)
				for range 100 {
					p.peer.give(flood)
				}
				// The one ping too many is the empty one, if that is the last.
				synctest.Wait()
				p.c.mu.Lock()
				held := 0
				for _, c := range p.c.out.chunks {
					held += cap(c.buf)
				}
				p.c.mu.Unlock()
				if held > maxPongs+smallChunk+2*largeChunk {
					t.Errorf("got %d bytes held for pongs, want about %d", held, maxPongs)
				}
				p.peer.give(pingFrame(last))
				synctest.Wait()
				p.peer.take(-1)
				synctest.Wait()
				got := p.peer.frames()
				if latest := got[len(got)-1]; latest != "pong:"+last {
					t.Errorf("got %.20q at last, want pong:%s", latest, last)
				}
				p.peer.give(pingFrame("as before"))
				p.peer.await("pong:as before")
				p.peer.hangUp(errCut)
				p.untilEnd()
			})
		})
	}
}

func TestEmptyPingThatIsOneTooManyIsAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.c.SendText("in flight")
		synctest.Wait()
		p.peer.give(strings.Repeat(pingFrame(strings.Repeat("p", 125)), maxPongs/(125+maxHeader)+1)) // just as many as may wait
		p.peer.give(pingFrame(""))
		synctest.Wait()
		p.peer.take(-1)
		synctest.Wait()
		got := p.peer.frames()
		if latest := got[len(got)-1]; latest != "pong:" {
			t.Errorf("got %.20q at last, want the empty pong: RFC 6455 5.5.3: the most recent ping is answered", latest)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

func TestPongsDoNotHoldTheCloseFrameBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		for range 20 {
			p.peer.give(strings.Repeat(pingFrame(strings.Repeat("p", 125)), 100))
		}
		synctest.Wait()
		p.c.Close(1000, "")
		p.peer.take(-1)
		synctest.Wait()
		got := p.peer.frames()
		if last := got[len(got)-1]; last != "close:1000:" {
			t.Errorf("got %.20q at last, want Close", last)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

func TestConnectionAtRestHoldsNoChunk(t *testing.T) {
	for _, inline := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			p := newPlay(t, nil, Config{})
			if inline {
				p.inline()
			}
			p.begin()
			for range 3 {
				p.c.SendBinary(make([]byte, 10*largeChunk))
				synctest.Wait()
			}
			held := 0
			for _, list := range [][]*chunk{p.c.inflight, p.c.out.chunks} {
				for _, c := range list[:cap(list)] {
					if c != nil {
						held++
					}
				}
			}
			if held > 0 {
				t.Errorf("got %d chunks of the pool held by a connection at rest", held)
			}
			p.peer.hangUp(errCut)
			p.untilEnd()
		})
	}
}

func TestConnectionAtRestHoldsNoReadBuffer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.inline()
		p.begin()
		for _, size := range []int{1, firstBuffer, mostBuffer, 10 * mostBuffer} {
			message := binaryFrame(strings.Repeat("x", size))
			p.peer.give(message[:1]) // the beginning of a header stays
			synctest.Wait()
			if len(p.c.buf) != 1 {
				t.Errorf("got %d bytes in the buffer, want 1", len(p.c.buf))
			}
			p.peer.give(message[1:])
			synctest.Wait()
			if p.c.buf != nil || p.c.lease.memory != nil {
				t.Errorf("after %d bytes: got a buffer of %d held by a connection at rest", size, cap(p.c.buf))
			}
		}
		if got := strings.Count(p.traceNow(), "binary:"); got != 4 {
			t.Errorf("got %d messages, want 4", got)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}
