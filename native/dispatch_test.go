package native

import (
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// blocker is a listener that blocks until it is released.
type blocker chan struct{}

func (b blocker) listen(*play) { <-b }
func (b blocker) release()     { close(b) }

func TestPingsAreAnsweredWhileAListenerBlocks(t *testing.T) {
	for _, event := range []string{"open", "text:a"} {
		inBubble(t, func(t *testing.T) {
			b := make(blocker)
			p := newPlay(t, does{event: b.listen}, Config{})
			p.peer.with = textFrame("a")
			p.begin()
			p.peer.give(pingFrame("1"))
			p.peer.await("pong:1")
			if took := time.Since(p.began); took > 200*time.Millisecond {
				t.Errorf("got the first pong after %v, want it within 0.2 s", took)
			}
			at := time.Now()
			p.peer.give(textFrame("b")+pingFrame("2"), pingFrame("3"))
			p.peer.await("pong:3")
			if took := time.Since(at); took != 0 {
				t.Errorf("got the others after %v, want them at once", took)
			}
			b.release()
			p.want("open text:a text:b")
			p.peer.hangUp(errCut)
			p.wantEnd("open text:a text:b closed:1006::false", errCut)
		})
	}
}

func TestOrderIsKeptBehindAListenerThatBlocks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := make(blocker)
		p := opened(t, does{"text:1": b.listen})
		p.peer.give(textFrame("1")+binaryFrame("2"), frame(1, "3"), frame(0x80, "+4")+textFrame("5"))
		time.Sleep(time.Second) // of the bubble's time
		p.want("open text:1")
		p.peer.give(textFrame("6"))
		synctest.Wait()
		b.release()
		p.want("open text:1 binary:2 text:3+4 text:5 text:6")
		p.peer.give(textFrame("7"))
		p.want("open text:1 binary:2 text:3+4 text:5 text:6 text:7")
		p.peer.hangUp(errCut)
		p.wantEnd("open text:1 binary:2 text:3+4 text:5 text:6 text:7 closed:1006::false", errCut)
	})
}

func TestManyListenersBlockOneAfterTheOther(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, does{"message": func(p *play) { time.Sleep(time.Second) }}) // of the bubble's time
		want := "open"
		for range 5 {
			p.peer.give(textFrame("a")+textFrame("b"), textFrame("c"))
			want += " text:a text:b text:c"
		}
		time.Sleep(20 * time.Second)
		p.want(want)
		p.peer.hangUp(errCut)
		p.wantEnd(want+" closed:1006::false", errCut)
		p.wantAfter(20 * time.Second)
	})
}

func TestASecondListenerMayBlockAfterTheFirst(t *testing.T) {
	for _, reads := range [][]string{
		{textFrame("1") + textFrame("2")}, // of the same read
		{textFrame("1"), textFrame("2")},  // read while the first blocked
	} {
		inBubble(t, func(t *testing.T) {
			first, second := make(blocker), make(blocker)
			p := opened(t, does{"text:1": first.listen, "text:2": second.listen})
			p.peer.give(reads...)
			p.peer.give(pingFrame("1"))
			p.peer.await("pong:1")
			first.release()
			p.want("open text:1 text:2")
			p.peer.give(pingFrame("2"))
			p.peer.await("pong:2")
			second.release()
			p.peer.hangUp(errCut)
			p.wantEnd("open text:1 text:2 closed:1006::false", errCut)
		})
	}
}

func TestAnotherListenerBlocksAfterTheQueueIsEmpty(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		first, second := make(blocker), make(blocker)
		p := opened(t, does{"text:1": first.listen, "text:2": second.listen})
		p.peer.give(textFrame("1"), pingFrame("1"))
		p.peer.await("pong:1")
		first.release()
		synctest.Wait()
		p.peer.give(textFrame("2"), pingFrame("2"))
		p.peer.await("pong:2")
		second.release()
		p.peer.hangUp(errCut)
		p.wantEnd("open text:1 text:2 closed:1006::false", errCut)
	})
}

func TestCloseIsAnsweredWhileAListenerBlocks(t *testing.T) {
	for _, reads := range [][]string{
		{textFrame("1") + textFrame("2") + closeFrameOf(1001, "bye")}, // of the same read
		{textFrame("1") + textFrame("2"), closeFrameOf(1001, "bye")},  // read while it blocks
		{textFrame("1"), textFrame("2") + closeFrameOf(1001, "bye")},
	} {
		inBubble(t, func(t *testing.T) {
			b := make(blocker)
			p := opened(t, does{"text:1": b.listen})
			p.peer.give(reads...)
			p.peer.await("close:1001:bye")
			if took := time.Since(p.began); took > 200*time.Millisecond {
				t.Errorf("got the answer after %v, want it within 0.2 s", took)
			}
			p.want("open text:1")
			p.peer.hangUp(io.EOF)
			synctest.Wait()
			b.release()
			p.wantEnd("open text:1 text:2 closing closed:1001:bye:true", nil)
		})
	}
}

func TestViolationIsAnsweredWhileAListenerBlocks(t *testing.T) {
	for _, reads := range [][]string{
		{textFrame("1") + frame(0x83, "")},
		{textFrame("1"), frame(0x83, "")},
	} {
		inBubble(t, func(t *testing.T) {
			b := make(blocker)
			p := opened(t, does{"text:1": b.listen})
			p.peer.give(reads...)
			p.peer.await("close:1002:got the reserved opcode 3")
			b.release()
			p.untilEnd()
			p.wantRule(1002)
			p.wantEnd("open text:1 closed:1006::false", p.failure)
		})
	}
}

func TestListenerThatBlocksInTheMiddleOfTheEndIsWaitedFor(t *testing.T) {
	for _, row := range []struct{ event, trace string }{
		{"text:1", "open text:1 closing closed:1000::true"},
		{"closing", "open text:1 closing closed:1000::true"},
		{"closed:1000::true", "open text:1 closing closed:1000::true"},
	} {
		inBubble(t, func(t *testing.T) {
			p := opened(t, does{row.event: func(*play) { time.Sleep(time.Hour) }}) // of the bubble's time
			p.peer.give(textFrame("1") + closeFrameOf(1000, ""))
			p.peer.await("close:1000:")
			p.peer.hangUp(io.EOF)
			p.wantEnd(row.trace, nil)
			p.wantAfter(time.Hour)
		})
	}
}

func TestListenerThatBlocksSeesItsMessagesLeave(t *testing.T) {
	for _, inline := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			p := newPlay(t, does{"text:1": func(p *play) {
				p.c.SendText("a")
				p.c.SendText("b")
				p.peer.await("text:b")
				for p.c.Buffered() > 0 { // a listener that sleeps until it falls must not hang
					time.Sleep(10 * time.Millisecond) // of the bubble's time
				}
				at := time.Now()
				p.c.SendText("c")
				p.peer.await("text:c")
				if took := time.Since(at); took != 0 {
					t.Errorf("got the third after %v, want it at once: it is known that this one blocks", took)
				}
			}}, Config{})
			if inline {
				p.inline()
			}
			p.begin()
			p.peer.give(textFrame("0") + textFrame("1"))
			p.peer.await("text:c")
			if took := time.Since(p.began); took > 200*time.Millisecond {
				t.Errorf("got it after %v, want it within 0.2 s", took)
			}
			p.want("open text:0 text:1")
			p.peer.hangUp(errCut)
			p.wantEnd("open text:0 text:1 closed:1006::false", errCut)
		})
	}
}

func TestBufferedFallsForAListenerThatSleeps(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, does{"text:1": func(p *play) {
			p.c.SendText("a") // leaves at once
			for p.c.Buffered() > 0 {
				time.Sleep(10 * time.Millisecond) // of the bubble's time
			}
			if took := time.Since(p.began); took > 200*time.Millisecond {
				t.Errorf("got it after %v, want it within 0.2 s", took)
			}
		}}, Config{})
		p.inline()
		p.begin()
		p.peer.give(textFrame("1"))
		time.Sleep(time.Second)
		p.peer.hangUp(errCut)
		p.wantEnd("open text:1 closed:1006::false", errCut)
	})
}

func TestReadAheadIsBounded(t *testing.T) {
	for _, row := range []struct{ size, option, bound int }{
		{0, 0, defaultReadAhead}, {1000, 0, defaultReadAhead}, {300_000, 0, defaultReadAhead}, {1000, 200_000, 200_000}, {1000, 4 << 20, 4 << 20},
	} {
		size, bound := row.size, row.bound
		inBubble(t, func(t *testing.T) {
			b := make(blocker)
			p := newPlay(t, does{"text:1": b.listen}, Config{ReadAhead: row.option}).begin()
			p.peer.give(textFrame("1"))
			message, n := binaryFrame(strings.Repeat("x", size)), (bound+4<<20)/(size+overhead)
			for range n {
				p.peer.give(message)
			}
			time.Sleep(time.Second) // of the bubble's time
			synctest.Wait()
			reads, _, _ := p.peer.counts()
			p.c.mu.Lock()
			waiting := p.c.waiting
			p.c.mu.Unlock()
			if most := bound + 2*(size+overhead) + mostBuffer; waiting > most || waiting < bound/2 {
				t.Errorf("messages of %d bytes: got %d bytes read ahead, want about %d", size, waiting, bound)
			}
			time.Sleep(time.Hour)
			if more, _, _ := p.peer.counts(); more != reads {
				t.Errorf("got %d reads beyond the bound", more-reads)
			}
			b.release()
			p.peer.hangUp(errCut)
			p.untilEnd()
			if got := strings.Count(p.traceNow(), "binary:"); got != n {
				t.Errorf("got %d messages, want all %d", got, n)
			}
		})
	}
}

func TestPeerIsReadAgainWhenTheQueueIsTaken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		first, second := make(blocker), make(blocker)
		p := opened(t, does{"text:1": first.listen, "text:2": second.listen})
		p.peer.give(textFrame("1"), textFrame("2"))
		big := binaryFrame(strings.Repeat("x", defaultReadAhead))
		p.peer.give(big, big, pingFrame("p")) // the first fills the queue, the second waits for room
		time.Sleep(time.Second)               // of the bubble's time
		p.wantFrames()
		first.release() // the queue is the batch now, and there is room
		p.wantFrames("pong:p")
		second.release()
		p.peer.hangUp(errCut)
		p.untilEnd()
		if got := strings.Count(p.traceNow(), "binary:"); got != 2 {
			t.Errorf("got %d messages, want 2", got)
		}
	})
}

func TestFailIsHeardWhileAListenerBlocks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := make(blocker)
		p := opened(t, does{"text:1": b.listen})
		p.peer.give(textFrame("1"))
		time.Sleep(time.Second) // of the bubble's time
		p.c.Fail(errCut)
		synctest.Wait()
		if !p.peer.closed {
			t.Error("the carrier is still open")
		}
		b.release()
		p.wantEnd("open text:1 closed:1006::false", errCut)
	})
}

func TestListenerThatEndsItsGoroutineEndsNothingElse(t *testing.T) {
	const whole = "open text:1 text:2 closing closed:1000:bye:true"
	for _, event := range []string{"open", "text:1", "text:2", "closing", "closed:1000:bye:true"} {
		for _, row := range []struct {
			how   string
			reads []string
		}{
			{"in one read", []string{textFrame("1") + textFrame("2") + closeFrameOf(1000, "bye")}},
			{"in three reads", []string{textFrame("1"), textFrame("2"), closeFrameOf(1000, "bye")}},
		} {
			for name, patience := range map[string]time.Duration{"at once": 0, "after having blocked": time.Second} {
				t.Run(event+" "+row.how+" "+name, func(t *testing.T) {
					inBubble(t, func(t *testing.T) {
						p := newPlay(t, does{event: func(*play) {
							time.Sleep(patience) // of the bubble's time
							runtime.Goexit()
						}}, Config{}).begin()
						p.peer.give(row.reads...)
						time.Sleep(time.Minute)
						p.wantFrames("close:1000:bye")
						p.peer.hangUp(io.EOF)
						p.wantEnd(whole, nil)
					})
				})
			}
		}
	}
}

func TestEveryListenerMayEndItsGoroutine(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		exit := func(*play) { runtime.Goexit() }
		p := newPlay(t, does{"open": exit, "message": exit, "closed:1006::false": exit}, Config{}).begin()
		p.peer.give(textFrame("1")+textFrame("2")+textFrame("3"), textFrame("4"), pingFrame("p"))
		p.want("open text:1 text:2 text:3 text:4")
		p.wantFrames("pong:p")
		p.peer.hangUp(errCut)
		p.wantEnd("open text:1 text:2 text:3 text:4 closed:1006::false", errCut)
	})
}

func TestQueueDoesNotHoldWhatWasDelivered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := make(blocker)
		p := opened(t, does{"text:1": b.listen})
		p.peer.give(textFrame("1")+textFrame("2"), textFrame("3"))
		time.Sleep(time.Second) // of the bubble's time
		b.release()
		synctest.Wait()
		for name, list := range map[string]*batch{"batch": p.c.batch, "backlog": p.c.backlog, "out": p.c.parser.out} {
			if list != nil {
				t.Errorf("the %s still holds %+v", name, list)
			}
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}
