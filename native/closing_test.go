package native

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPeerClosesFirstAndGetsItsCodeAndReasonBack(t *testing.T) {
	for _, row := range []struct {
		code         int
		reason       string
		frame, close string
	}{
		{1000, "", "close:1000:", "closed:1000::true"},
		{4999, "tschüß", "close:4999:tschüß", "closed:4999:tschüß:true"},
		{1014, strings.Repeat("r", 123), "close:1014:" + strings.Repeat("r", 123), "closed:1014:" + strings.Repeat("r", 123) + ":true"},
		{0, "", "close:", "closed:1005::true"},
	} {
		inBubble(t, func(t *testing.T) {
			p := opened(t, nil)
			p.peer.give(closeFrameOf(row.code, row.reason))
			p.want("open closing")
			p.wantFrames(row.frame)
			p.peer.hangUp(io.EOF)
			p.wantEnd("open closing "+row.close, nil)
		})
	}
}

func TestCloseWithNoCodeIsAnEmptyFrame(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.c.Close(0, "")
		p.wantFrames("close:")
		p.peer.give(closeFrameOf(0, ""))
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closing closed:1005::true", nil)
	})
}

func TestCloseFramesThatCrossAreNotAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.c.Close(3000, "mine")
		p.peer.give(closeFrameOf(3001, "yours"))
		p.want("open closing")
		p.peer.take(-1)
		p.wantFrames("close:3000:mine")
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closing closed:3001:yours:true", nil)
	})
}

func TestOnlyTheFirstCloseCounts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.c.Close(3000, "first")
		p.c.Close(3001, "second")
		p.wantFrames("close:3000:first")
		p.peer.give(closeFrameOf(3000, "first"))
		p.want("open closing")
		p.c.Close(3002, "third")
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closing closed:3000:first:true", nil)
		p.wantFrames("close:3000:first")
	})
}

func TestCloseInClosingAnswersThePeer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, does{"closing": func(p *play) { p.c.Close(3000, "mine") }})
		p.peer.give(closeFrameOf(1001, "yours"))
		p.wantFrames("close:1001:yours")
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closing closed:1001:yours:true", nil)
	})
}

func TestCloseComesBehindAllMessages(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		message := strings.Repeat("x", 60_000)
		for range 100 {
			p.c.SendText(message)
		}
		p.c.Close(1000, "")
		got := func() []string { synctest.Wait(); return p.peer.frames() }()
		if len(got) != 101 || got[100] != "close:1000:" || slices.ContainsFunc(got[:100], func(f string) bool { return f != "text:"+message }) {
			t.Errorf("got %d frames, want 100 messages and Close", len(got))
		}
		p.peer.give(closeFrameOf(1000, ""))
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closing closed:1000::true", nil)
	})
}

func TestAnswerComesBehindTheListenersOfEarlierMessages(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, does{
			"message": func(p *play) { p.c.SendText("still sent") },
			"closing": func(p *play) { p.c.SendText("this too") },
		})
		p.peer.give(textFrame("a") + textFrame("b") + closeFrameOf(1000, ""))
		p.wantFrames("text:still sent", "text:still sent", "text:this too", "close:1000:")
		p.c.SendText("counted and dropped")
		p.peer.hangUp(io.EOF)
		p.wantEnd("open text:a text:b closing closed:1000::true", nil)
		if got := p.c.Buffered(); got != uint64(len("counted and dropped")) {
			t.Errorf("got %d buffered, want what was dropped", got)
		}
	})
}

func TestMessagesAfterOurCloseAreStillReported(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.c.Close(1000, "")
		p.peer.give(textFrame("a")+pingFrame("p"), textFrame("b")+closeFrameOf(1000, "")+textFrame("c"))
		p.peer.hangUp(io.EOF)
		p.wantEnd("open text:a text:b closing closed:1000::true", nil)
		p.wantFrames("close:1000:") // RFC 6455 5.5.1: no frame after it, so no pong
	})
}

func TestPeerHalfClosesAndStillGetsTheAnswer(t *testing.T) {
	for _, row := range []struct{ reads, trace string }{
		{closeFrameOf(1000, "bye"), "open closing closed:1000:bye:true"},
		{textFrame("a") + closeFrameOf(1000, "bye"), "open text:a closing closed:1000:bye:true"},
	} {
		inBubble(t, func(t *testing.T) {
			p := opened(t, nil)
			p.peer.take(0)
			p.peer.give(row.reads)
			p.peer.hangUp(io.EOF)
			synctest.Wait()
			time.Sleep(time.Minute / 2) // of the bubble's time: the peer is in no hurry
			p.peer.take(-1)
			p.wantFrames("close:1000:bye")
			p.wantEnd(row.trace, nil)
		})
	}
}

func TestPeerThatKeepsTheStreamOpenIsWaitedForTwoSeconds(t *testing.T) {
	for _, row := range []struct {
		rule  string
		close func(p *play)
	}{
		{"we close first", func(p *play) { p.c.Close(1000, ""); p.peer.give(closeFrameOf(1000, "")) }},
		{"the peer closes first", func(p *play) { p.peer.give(closeFrameOf(1000, "")) }},
		{"and the peer goes on sending", func(p *play) {
			p.peer.give(closeFrameOf(1000, ""), textFrame("x"), "\xFF\xFF", textFrame("y"))
		}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				p := newPlay(t, nil, Config{})
				p.over(halfWire{p.peer}, Config{})
				p.begin()
				row.close(p)
				p.wantEnd("open closing closed:1000::true", nil)
				p.wantAfter(2 * time.Second)
				if got := p.peer.calls[0]; got != "Abort" {
					t.Errorf("got %s first, want Abort", got)
				}
			})
		})
	}
}

func TestPeerThatEndsTheStreamIsNotAborted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.over(halfWire{p.peer}, Config{})
		p.begin()
		p.c.Close(1000, "")
		p.peer.give(closeFrameOf(1000, ""))
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closing closed:1000::true", nil)
		if got := strings.Join(p.peer.calls, " "); got != "Close" {
			t.Errorf("got the calls %s, want Close", got)
		}
	})
}

func TestStreamThatEndsWithoutACloseFrameIsNotClean(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.c.Close(1000, "")
		p.wantFrames("close:1000:")
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closed:1006::false", io.ErrUnexpectedEOF)
	})
}

func TestReadErrorAfterBothCloseFramesIsClean(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.give(closeFrameOf(1000, ""))
		p.wantFrames("close:1000:")
		p.peer.hangUp(errCut)
		p.wantEnd("open closing closed:1000::true", nil)
	})
}

func TestReadErrorGivesTheAnswerTwoSeconds(t *testing.T) {
	for _, row := range []struct {
		rule  string
		takes int
		trace string
		cause error
		after time.Duration
	}{
		{"which the peer takes", -1, "open closing closed:1000:bye:true", nil, time.Second},
		{"which the peer does not take", 0, "open closing closed:1000:bye:false", io.ErrClosedPipe, 2 * time.Second},
	} {
		t.Run(row.rule, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				p := opened(t, nil)
				p.peer.take(0)
				p.peer.give(closeFrameOf(1000, "bye"))
				p.peer.hangUp(errCut)
				time.Sleep(time.Second) // of the bubble's time
				p.peer.take(row.takes)
				p.wantEnd(row.trace, row.cause)
				p.wantAfter(row.after)
			})
		})
	}
}

func TestCloseThatCouldNotBeAnsweredIsNotClean(t *testing.T) {
	for _, row := range []struct {
		rule string
		play func(p *play)
	}{
		{"messages before it were lost", func(p *play) {
			p.peer.locked(func() { p.peer.broken = errCut })
			p.c.SendText("lost")
			synctest.Wait()
			p.peer.give(closeFrameOf(1001, "bye"))
		}},
		{"the answer was lost", func(p *play) {
			p.peer.locked(func() { p.peer.broken = errCut })
			p.peer.give(closeFrameOf(1001, "bye"))
		}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				p := opened(t, nil)
				row.play(p)
				synctest.Wait()
				p.peer.hangUp(io.EOF)
				// wasClean: Close both sent and received. The code is the one received.
				p.wantEnd("open closing closed:1001:bye:false", errCut)
			})
		})
	}
}

// CloseTimeout

func TestPeerThatNeverAnswersCloseEndsItAfterTheTimeout(t *testing.T) {
	for _, row := range []struct{ timeout, want time.Duration }{{0, time.Minute}, {5 * time.Second, 5 * time.Second}} {
		inBubble(t, func(t *testing.T) {
			p := newPlay(t, nil, Config{CloseTimeout: row.timeout}).begin()
			p.c.Close(1000, "")
			p.untilEnd()
			p.wantAfter(row.want) // the Close frame left at once: that is the last progress
			if p.failure == nil || !strings.Contains(p.failure.Error(), "CloseTimeout") {
				t.Errorf("got the failure %v, want the option's name", p.failure)
			}
			p.wantEnd("open closed:1006::false", p.failure)
		})
	}
}

func TestPeerThatTakesNothingEndsTheClosingAfterTheTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.c.SendText("x")
		p.c.Close(1000, "")
		p.untilEnd()
		p.wantAfter(time.Minute)
		p.wantEnd("open closed:1006::false", p.failure)
	})
}

func TestPeerThatTakesNoAnswerEndsTheClosingAfterTheTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.peer.give(closeFrameOf(1001, "bye"))
		p.untilEnd()
		p.wantAfter(time.Minute)
		p.wantEnd("open closing closed:1001:bye:false", p.failure)
	})
}

func TestNegativeCloseTimeoutIsNone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{CloseTimeout: -1}).begin()
		p.c.Close(1000, "")
		time.Sleep(10 * time.Hour) // of the bubble's time
		p.want("open")
		p.peer.give(closeFrameOf(1000, ""))
		p.wantEnd("open closing closed:1000::true", nil)
		p.wantAfter(10*time.Hour + linger)
	})
}

func TestPeerThatTakesWhatWasSentHoldsTheTimeoutOff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		message := strings.Repeat("x", 10*largeChunk)
		p.c.SendText(message)
		p.c.Close(1000, "")
		for range 12 { // a chunk in 50 s
			time.Sleep(50 * time.Second) // of the bubble's time
			p.peer.take(largeChunk)
		}
		p.wantFrames("text:"+message, "close:1000:")
		p.peer.give(closeFrameOf(1000, ""))
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closing closed:1000::true", nil)
	})
}

func TestPeerThatStopsTakingEndsTheClosingWithinTwiceTheTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.c.SendText(strings.Repeat("x", 3*largeChunk))
		p.c.Close(1000, "")
		time.Sleep(time.Second) // of the bubble's time
		p.peer.take(largeChunk)
		p.untilEnd()
		if took := time.Since(p.began) - time.Second; took < time.Minute || took > 2*time.Minute {
			t.Errorf("got the end %v after the last progress, want one or two timeouts", took)
		}
		p.wantEnd("open closed:1006::false", p.failure)
	})
}

// A politeWire takes the Write under way when it is closed.
type politeWire struct{ *wire }

func (w politeWire) Write(p []byte) (int, error) {
	if _, err := w.wire.Write(p); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return 0, err
	}
	return len(p), nil
}

func TestWriteThatSucceedsAtTheEndLeavesNoTimer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.over(politeWire{p.peer}, Config{})
		p.begin()
		p.peer.take(0)
		p.c.SendText("x")
		synctest.Wait()
		p.peer.hangUp(io.EOF)
		p.wantEnd("open closed:1006::false", io.ErrUnexpectedEOF)
		p.c.mu.Lock()
		defer p.c.mu.Unlock()
		if p.c.alarm != nil && p.c.alarm.Stop() {
			t.Error("an alarm was set behind the end")
		}
	})
}

// Violations

func TestViolationIsAnsweredWithItsCode(t *testing.T) {
	for _, c := range conversations(false) {
		if c.failed == 0 {
			continue
		}
		t.Run(c.rule, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				p := newPlay(t, nil, Config{ReadLimit: limit}).begin()
				p.peer.give(c.bytes + textFrame("what follows is nothing"))
				synctest.Wait()
				sent := p.peer.frames()
				if last := sent[len(sent)-1]; !strings.HasPrefix(last, fmt.Sprintf("close:%d:got ", c.failed)) {
					t.Errorf("got %q, want a Close frame with %d", last, c.failed)
				}
				p.peer.hangUp(io.EOF)
				p.untilEnd()
				p.wantRule(uint16(c.failed))
				want := "open "
				for _, event := range c.want {
					want += event + " "
				}
				p.wantEnd(want+"closed:1006::false", p.failure)
			})
		})
	}
}

func TestViolationIsFollowedByTwoSecondsForThePeerToReadOfIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.over(halfWire{p.peer}, Config{})
		p.begin()
		p.peer.give(textFrame("\xFF"))
		p.wantFrames("close:1007:got invalid UTF-8 in a text message")
		if slices.Contains(p.peer.calls, "Abort") {
			t.Error("it was aborted at once: that could take the Close frame back")
		}
		for range 3 {
			p.peer.give(textFrame("more"), closeFrameOf(1000, "")) // read and of no interest
		}
		p.want("open")
		p.untilEnd()
		p.wantAfter(linger)
		p.wantRule(1007)
		p.wantEnd("open closed:1006::false", p.failure)
		if !slices.Contains(p.peer.calls, "Abort") {
			t.Errorf("got the calls %s, want Abort", p.peer.calls)
		}
	})
}

func TestWhatFollowsAViolationTakesNoMemory(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		flood := strings.Repeat("x", mostBuffer)
		p.peer.give("\x81\x7F\x00\x00\x00\x00\x03\x00\x00\x00\xFF") // a text of 48 MiB, bad from its first byte
		synctest.Wait()
		bytes, _ := allocated(func() {
			for range 500 {
				p.peer.give(flood)
			}
			synctest.Wait()
		})
		if bytes > 1<<20 {
			t.Errorf("got %d bytes allocated", bytes)
		}
		p.peer.hangUp(io.EOF)
		p.untilEnd()
		p.wantRule(1007)
	})
}

func TestViolationByAPeerThatDoesNotReadEndsAfterTwoSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.c.SendText("x")
		p.peer.give(frame(0x83, ""))
		p.untilEnd()
		p.wantAfter(linger)
		p.wantRule(1002)
		p.wantEnd("open closed:1006::false", p.failure)
	})
}

func TestViolationAfterOurClose(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.c.Close(1000, "bye")
		p.peer.give(frame(0x83, ""))
		p.wantFrames("close:1000:bye") // no second one
		p.untilEnd()
		p.wantAfter(linger)
		p.wantRule(1002)
		p.wantEnd("open closed:1006::false", p.failure)
	})
}

func TestViolationIsAnsweredBehindTheListenersOfEarlierMessages(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, does{"message": func(p *play) { p.c.SendText("still sent") }})
		p.peer.give(textFrame("a") + frame(0x83, ""))
		p.wantFrames("text:still sent", "close:1002:got the reserved opcode 3")
		p.peer.hangUp(io.EOF)
		p.untilEnd()
		p.wantRule(1002)
		p.wantEnd("open text:a closed:1006::false", p.failure)
	})
}

func TestHalfClosedPeerGetsTheCloseFrameOfAViolation(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.take(0)
		p.peer.give(frame(0x83, ""))
		p.peer.hangUp(io.EOF)
		synctest.Wait()
		p.peer.take(-1)
		p.wantFrames("close:1002:got the reserved opcode 3")
		p.untilEnd()
		p.wantRule(1002)
		p.wantEnd("open closed:1006::false", p.failure)
	})
}
