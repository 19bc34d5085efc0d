package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errCut = errors.New("the cable was cut")

func TestTheWholeLife(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, does{
			"open":    func(p *play) { p.c.SendText("hello") },
			"message": func(p *play) { p.c.SendBinary([]byte("\x00\xFF")) },
		})
		p.peer.give(textFrame("welcome"), binaryFrame("b"))
		p.want("open text:welcome binary:b")
		p.c.Close(1000, "bye")
		p.wantFrames("text:hello", "binary:\x00\xFF", "close:1000:bye")
		p.peer.give(closeFrameOf(1000, "bye too"))
		p.peer.hangUp(io.EOF)
		p.wantEnd("open text:welcome binary:b closing closed:1000:bye too:true", nil)
		p.wantAfter(0)
	})
}

func TestWhatComesWithTheHandshakeIsDelivered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.peer.with = textFrame("a") + pingFrame("p") + frame(1, "b") + frame(0x80, "c") + closeFrameOf(0, "")
		p.peer.hangUp(io.EOF)
		p.begin()
		p.wantEnd("open text:a text:bc closing closed:1005::true", nil)
		p.wantFrames("pong:p", "close:")
	})
}

func TestRequestGoesOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{Header: map[string][]string{"Cookie": {"a=b"}}, Origin: "http://o"})
		p.begin()
		for _, line := range []string{"GET /chat HTTP/1.1", "Host: example.com", "Cookie: a=b", "Origin: http://o"} {
			if !strings.Contains(p.peer.request, line+"\r\n") {
				t.Errorf("got the request %q, want %q", p.peer.request, line)
			}
		}
		p.peer.hangUp(errCut)
		p.wantEnd("open closed:1006::false", errCut)
	})
}

func TestPongLeavesBeforeTheMessagesOfTheSameRead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, does{"message": func(p *play) {
			p.peer.await("pong:p")
			p.wantAfter(0) // so not because somebody noticed that this listener waits
		}})
		p.peer.give(textFrame("a") + textFrame("b") + pingFrame("p"))
		p.want("open text:a text:b")
		p.peer.hangUp(errCut)
		p.wantEnd("open text:a text:b closed:1006::false", errCut)
	})
}

func TestPongsCarryThePayloadsInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.give(pingFrame("")+pingFrame("a"), frame(1, "x")+pingFrame("\xFF")+frame(0x8A, "a pong nobody asked for")+frame(0x80, "y"))
		p.wantFrames("pong:", "pong:a", "pong:\xFF")
		p.peer.hangUp(io.EOF)
		p.wantEnd("open text:xy closed:1006::false", io.ErrUnexpectedEOF)
	})
}

func TestMessagesBeforeTheEndAreDelivered(t *testing.T) {
	for _, last := range []error{io.EOF, errCut} {
		inBubble(t, func(t *testing.T) {
			p := opened(t, nil)
			p.peer.give(textFrame("a")+textFrame("b"), textFrame("c")+frame(1, "never whole"))
			p.peer.hangUp(last)
			cause := last
			if last == io.EOF {
				cause = io.ErrUnexpectedEOF
			}
			p.wantEnd("open text:a text:b text:c closed:1006::false", cause)
		})
	}
}

// dataWithEnd is a carrier whose last Read brings bytes and the end together.
type dataWithEnd struct{ *wire }

func (d dataWithEnd) Read(p []byte) (int, error) {
	n, err := d.wire.Read(p)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil && len(d.coming) == 0 {
		err = d.last
	}
	return n, err
}

func TestMessagesThatComeWithTheEndAreDelivered(t *testing.T) {
	for _, large := range []int{0, 200_000} { // a large one is read to its place
		inBubble(t, func(t *testing.T) {
			p := newPlay(t, nil, Config{})
			p.over(dataWithEnd{p.peer}, Config{})
			p.begin()
			big := strings.Repeat("x", large)
			p.peer.locked(func() { p.peer.coming, p.peer.last = []string{textFrame("a") + textFrame(big)}, io.EOF })
			p.wantEnd("open text:a text:"+big+" closed:1006::false", io.ErrUnexpectedEOF)
		})
	}
}

func TestWriteErrorComesAfterTheInput(t *testing.T) {
	for _, inline := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			p := newPlay(t, does{"open": func(p *play) {
				p.peer.locked(func() { p.peer.broken = errCut })
				p.c.SendText("x")
				p.c.SendText("y")
			}}, Config{})
			if inline {
				p.inline()
			}
			p.begin()
			p.peer.give(textFrame("a"), textFrame("b"))
			p.want("open text:a text:b")
			_, before, _ := p.peer.counts()
			p.c.SendText("counted and dropped")
			synctest.Wait()
			if _, writes, _ := p.peer.counts(); writes != before {
				t.Error("got another write after one that failed")
			}
			p.peer.hangUp(io.EOF)
			p.wantEnd("open text:a text:b closed:1006::false", errCut)
			p.wantAfter(0)
		})
	}
}

func TestAfterAWriteErrorTheInputIsWaitedForAsLongAsALinger(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.locked(func() { p.peer.broken = errCut })
		p.c.SendText("x")
		p.wantEnd("open closed:1006::false", errCut)
		p.wantAfter(linger)
	})
}

func TestLargeMessagesArriveWhole(t *testing.T) {
	for _, size := range []int{firstBuffer, mostBuffer - 1, mostBuffer, mostBuffer + 1, 3 << 20} {
		inBubble(t, func(t *testing.T) {
			want := pattern(size)
			p := opened(t, nil)
			p.peer.give(binaryFrame(string(want)) + textFrame("after"))
			p.peer.hangUp(errCut)
			p.wantEnd("open binary:"+string(want)+" text:after closed:1006::false", errCut)
		})
	}
}

func TestReadBufferGrowsWithTheTraffic(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		burst := strings.Repeat(frame(0x8A, "pong"), 200_000/6)
		p.peer.give(burst)
		synctest.Wait()
		if reads, _, _ := p.peer.counts(); reads > 8 {
			t.Errorf("got %d reads for %d bytes, want the buffer to grow", reads, len(burst))
		}
		p.peer.hangUp(errCut)
		p.wantEnd("open closed:1006::false", errCut)
	})
}

func TestBlobs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, does{"text:bytes": func(p *play) { p.c.SetBlobs(false) }})
		p.c.SetBlobs(true)
		p.peer.give(binaryFrame("abc") + textFrame("bytes") + binaryFrame("abc"))
		p.want("open blob:3 text:bytes binary:abc")
		b := []byte("mine")
		own := NewBlob(b, "text/plain")
		copy(b, "gone")
		if err := p.c.SendBlob(own); err != nil || own.Type() != "text/plain" {
			t.Errorf("got %v, type %q", err, own.Type())
		}
		got := make([]byte, 4)
		own.ReadAt(got, 0)
		copy(got, "gone")
		if err := p.c.SendBlob(own); err != nil {
			t.Error(err)
		}
		if err := p.c.SendBlob(foreignBlob{}); err == nil || !strings.Contains(err.Error(), "Blob") {
			t.Errorf("got %v, want a foreign Blob refused", err)
		}
		p.wantFrames("binary:mine", "binary:mine")
		p.peer.hangUp(errCut)
		p.wantEnd("open blob:3 text:bytes binary:abc closed:1006::false", errCut)
	})
}

func TestBlobsType(t *testing.T) {
	for given, want := range map[string]string{"": "", "text/Plain": "text/plain", "a b~": "a b~", "text/\n": "", "ü": "", "\x7F": ""} {
		if got := NewBlob(nil, given).Type(); got != want {
			t.Errorf("%q: got %q, want %q: File API, 3.1", given, got, want)
		}
	}
}

type foreignBlob struct{ Blob }

func TestRefusedHandshakeOnlyCloses(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.peer.mute = true
		p.peer.give("HTTP/1.1 403 Forbidden\r\n\r\n" + textFrame("x"))
		p.begin()
		p.untilEnd()
		var refused *HandshakeError
		if !errors.As(p.failure, &refused) || refused.Status != 403 {
			t.Errorf("got %v, want the status", p.failure)
		}
		p.wantEnd("closed:1006::false", p.failure)
	})
}

func TestStreamThatEndsInTheHandshakeOnlyCloses(t *testing.T) {
	for _, last := range []error{io.EOF, errCut} {
		inBubble(t, func(t *testing.T) {
			p := newPlay(t, nil, Config{})
			p.peer.mute = true
			p.peer.give("HTTP/1.1 101 Swi")
			p.peer.hangUp(last)
			p.begin()
			cause := last
			if last == io.EOF {
				cause = io.ErrUnexpectedEOF
			}
			p.wantEnd("closed:1006::false", cause)
		})
	}
}

func TestRequestThatCannotBeSentOnlyCloses(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.peer.Close()
		p.peer.locked(func() { p.peer.request, p.peer.broken = "none yet", errCut })
		p.begin()
		p.wantEnd("closed:1006::false", io.ErrClosedPipe)
	})
}

func TestUpgradeEndsWithItsContext(t *testing.T) {
	for _, mute := range []bool{true, false} { // also if the answer comes at the same moment
		inBubble(t, func(t *testing.T) {
			w := newWire()
			w.mute = mute
			ctx, cancel := context.WithCancelCause(context.Background())
			if mute {
				go func() { synctest.Wait(); cancel(errCut) }()
			} else {
				cancel(errCut)
			}
			if _, err := upgrade(ctx, halfWire{w}, Config{}.request(parseTarget("ws://h/"), nil, new(play))); !errors.Is(err, errCut) {
				t.Errorf("got %v, want the context's cause", err)
			}
			synctest.Wait()
			if !w.closed || !strings.HasPrefix(strings.Join(w.calls, " "), "Abort") {
				t.Errorf("got the calls %s, want the carrier aborted", w.calls)
			}
		})
	}
}

// Fail

func TestFailBeforeStart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.c.Fail(errCut)
		p.want("")
		p.begin()
		p.wantEnd("closed:1006::false", errCut)
	})
}

func TestFailWhileConnecting(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.peer.mute = true
		p.begin()
		p.want("")
		p.c.Fail(errCut)
		p.wantEnd("closed:1006::false", errCut)
		p.wantAfter(0)
	})
}

func TestFailTwiceIsFailOnce(t *testing.T) {
	for _, when := range []string{"before Start", "while connecting", "when open", "in the closing handshake"} {
		t.Run(when, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("got the panic %v", r)
					}
				}()
				p := newPlay(t, nil, Config{})
				p.peer.mute = when == "while connecting"
				trace := "closed:1006::false"
				if when != "before Start" {
					p.begin()
				}
				if !p.peer.mute && when != "before Start" {
					trace = "open " + trace
				}
				if when == "in the closing handshake" {
					p.c.Close(1000, "")
				}
				p.c.Fail(errCut)
				p.c.Fail(errCut)
				p.c.Close(1000, "")
				if when == "before Start" {
					p.begin()
				}
				p.wantEnd(trace, errCut)
				p.wantAfter(0)
			})
		})
	}
}

func TestFailWhenOpen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.c.SendText("x")
		p.c.Fail(errCut)
		p.wantEnd("open closed:1006::false", errCut)
		p.wantAfter(0)
	})
}

func TestFailInAListener(t *testing.T) {
	for _, event := range []string{"open", "text:a"} {
		inBubble(t, func(t *testing.T) {
			p := newPlay(t, does{event: func(p *play) { p.c.Fail(errCut) }}, Config{})
			p.peer.with = textFrame("a")
			p.begin()
			p.wantEnd("open text:a closed:1006::false", errCut)
			p.wantAfter(0)
		})
	}
}

func TestFailIsTheCauseWhateverThePeerBreaksBesides(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, does{"text:a": func(p *play) { p.c.Fail(errCut) }})
		p.peer.give(textFrame("a") + frame(0x83, ""))
		p.wantEnd("open text:a closed:1006::false", errCut)
	})
}

func TestFailAfterClose(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.c.Close(1000, "")
		p.c.Fail(errCut)
		p.wantEnd("open closed:1006::false", errCut)
		p.wantAfter(0)
	})
}

func TestFailAfterThePeersCloseKeepsItsCode(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.give(closeFrameOf(1001, "away"))
		p.want("open closing")
		p.c.Fail(errCut)
		p.wantEnd("open closing closed:1001:away:false", errCut)
		p.wantAfter(0)
	})
}

func TestFailAfterTheEndIsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := opened(t, nil)
		p.peer.hangUp(errCut)
		p.wantEnd("open closed:1006::false", errCut)
		p.c.Fail(errors.New("too late"))
		p.c.Close(1000, "")
		p.c.SendText("x")
		p.wantEnd("open closed:1006::false", errCut)
	})
}

func TestFailAtTheMomentOfOpeningEndsTheConnection(t *testing.T) {
	// Fail has noted that nothing is established, and goes on only when the connection is.
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{})
		p.peer.mute = true
		p.begin()
		cancel := p.c.cancel
		p.c.cancel = func(why error) {
			if why != nil {
				p.peer.give(acceptance(p.peer.request))
				for range 100_000 { // not synctest.Wait: if Fail holds a lock here it never returns
					if p.traceNow() != "" {
						break
					}
					runtime.Gosched()
				}
			}
			cancel(why)
		}
		p.c.Fail(errCut)
		p.untilEnd()
		if got := p.traceNow(); !strings.HasSuffix(got, "closed:1006::false") || !errors.Is(p.failure, errCut) {
			t.Errorf("got %s, %v, want it to end with %v", got, p.failure, errCut)
		}
	})
}

// The stream of a whole life, cut anywhere.

func TestStreamCutAnywhereEndsOnceAndLast(t *testing.T) {
	steps := []struct{ bytes, event string }{
		{textFrame("a"), "text:a"},
		{pingFrame("p"), ""},
		{frame(1, "b\xC3") + frame(0, "\xBC"), ""},
		{frame(0x80, "c"), "text:büc"},
		{binaryFrame(strings.Repeat("d", 130)), "binary:" + strings.Repeat("d", 130)},
		{closeFrameOf(1001, "bye"), "closing"},
	}
	var stream bytes.Buffer
	for _, s := range steps {
		stream.WriteString(s.bytes)
	}
	const head = 5 // bytes of the handshake's answer that are looked at, at its end
	for at := -head; at <= stream.Len(); at++ {
		want, end, code := "open", 0, "1006::false"
		for _, s := range steps {
			if end += len(s.bytes); end <= at && s.event != "" {
				want += " " + s.event
			}
		}
		clean := at == stream.Len()
		if clean {
			code = "1001:bye:true"
		}
		want += " closed:" + code
		if at < 0 {
			want = "closed:1006::false"
		}
		for _, last := range []error{io.EOF, errCut} {
			for _, whole := range []bool{true, false} {
				t.Run(fmt.Sprintf("%d, %v, whole %t", at, last, whole), func(t *testing.T) {
					inBubble(t, func(t *testing.T) {
						p := newPlay(t, nil, Config{})
						p.peer.mute = true
						p.begin()
						b := acceptance(p.peer.request) + stream.String()
						b = b[:len(b)-stream.Len()+at]
						if whole {
							p.peer.give(b)
						} else {
							p.peer.give(bytewise(b)...)
						}
						p.peer.hangUp(last)
						cause := last
						switch {
						case clean:
							cause = nil
						case last == io.EOF:
							cause = io.ErrUnexpectedEOF
						}
						p.wantEnd(want, cause)
						p.wantAfter(0)
					})
				})
			}
		}
	}
}

func TestNothingIsLeftAfterTheEnd(t *testing.T) {
	for _, last := range []string{"", closeFrameOf(1000, "")} {
		inBubble(t, func(t *testing.T) {
			p := opened(t, nil)
			p.c.SendText("x")
			time.Sleep(time.Hour) // of the bubble's time: at rest
			if last != "" {
				p.peer.give(last)
			}
			p.peer.hangUp(io.EOF)
			p.untilEnd()
			synctest.Wait()
			for name, timer := range map[string]*time.Timer{"alarm": p.c.alarm, "watchdog": p.c.watchdog} {
				if timer != nil && timer.Stop() {
					t.Errorf("after %q the %s was left set", last, name)
				}
			}
			if p.c.ctx.Err() == nil {
				t.Error("the context was left")
			}
			if len(p.c.out.chunks) != 0 {
				t.Error("chunks were left")
			}
		})
	}
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{&ProtocolError{1002, "got x"}, "websocket: the peer broke the protocol (1002): got x"},
		{&HandshakeError{Problem: "got x, want y"}, "websocket: handshake: got x, want y"},
		{&phaseError{"read", errCut}, "websocket: read: the cable was cut"},
		{stateError("x"), "websocket: x"},
	} {
		if row.err.Error() != row.want {
			t.Errorf("got %q, want %q", row.err, row.want)
		}
	}
	if !errors.Is(&phaseError{"dial", context.Canceled}, context.Canceled) {
		t.Error("a cause can't be asked for")
	}
}
