package native

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// parseSplit parses a conversation that comes in pieces and is split after those that wanted says, and puts the parts together.
func parseSplit(masked, direct bool, limit int64, wanted func() bool, pieces ...string) (got []string, failed int, parts int) {
	h := newHarness(masked, limit)
	h.direct = direct
	begun := ""
	drain := func() {
		for _, in := range h.parsed() {
			switch in.kind {
			case gotTextPart, gotBinaryPart:
				parts++
				begun += string(in.bytes)
			case gotTextEnd:
				got, begun = append(got, "text:"+begun+string(in.bytes)), ""
			case gotBinaryEnd:
				got, begun = append(got, "binary:"+begun+string(in.bytes)), ""
			}
		}
		h.drain()
		got, h.got = append(got, h.got...), nil
	}
	h.pong = func(p []byte) {
		drain()
		got = append(got, "ping:"+string(p))
	}
	for _, p := range pieces {
		if h.failed == 0 {
			h.take(p)
		}
		if h.failed == 0 {
			h.split(wanted())
		}
		drain()
	}
	return got, h.failed, parts
}

func TestPartsMakeTheSameMessages(t *testing.T) {
	always := func() bool { return true }
	for _, masked := range []bool{false, true} {
		for _, c := range conversations(masked) {
			t.Run(fmt.Sprintf("%s, masked %t", c.rule, masked), func(t *testing.T) {
				check := func(how string, direct bool, wanted func() bool, pieces ...string) {
					got, failed, _ := parseSplit(masked, direct, limit, wanted, pieces...)
					if !slices.Equal(got, c.want) || failed != c.failed {
						t.Fatalf("direct %t, %s: got %q, %d, want %q, %d", direct, how, got, failed, c.want, c.failed)
					}
				}
				for _, direct := range []bool{false, true} {
					for i := range len(c.bytes) + 1 {
						check(fmt.Sprint("cut at ", i), direct, always, c.bytes[:i], c.bytes[i:])
						first := true
						check(fmt.Sprint("no more behind ", i), direct, func() bool { first = !first; return !first }, c.bytes[:i], c.bytes[i:])
					}
					check("byte by byte", direct, always, bytewise(c.bytes)...)
					for range 10 {
						check("at times", direct, func() bool { return rand.N(2) == 0 }, bytewise(c.bytes)...)
					}
				}
			})
		}
	}
}

// A part takes the memory of its bytes, not that of the whole message.
func TestPartsAreSmall(t *testing.T) {
	const size = 4 << 20
	p := parser{limit: -1}
	p.split(true)
	if _, err := p.parse([]byte("\x82\x7F\x00\x00\x00\x00\x00\x40\x00\x00")); err != nil {
		t.Fatal(err)
	}
	got := 0
	for got < size {
		space := p.space(1)
		if len(space) == 0 || len(space) > mostPart {
			t.Fatalf("got space for %d bytes", len(space))
		}
		if err := p.filled(len(space)); err != nil {
			t.Fatal(err)
		}
		p.split(true)
		for _, in := range p.takeOut().list {
			got += len(in.bytes)
			if cap(in.bytes) > mostPart {
				t.Fatalf("a part of %d bytes holds %d", len(in.bytes), cap(in.bytes))
			}
		}
	}
}

// A sink that is going to block says so, and then nothing waits for the watchdog.
func TestASinkThatStepsAside(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := make(blocker)
		p := opened(t, does{"text:a": func(p *play) {
			p.c.StepAside()
			p.c.StepAside() // again: nothing
			<-b
		}})
		p.peer.give(textFrame("a") + pingFrame("1"))
		p.peer.await("pong:1")
		p.c.SendText("sent")
		p.peer.give(pingFrame("2") + textFrame("b"))
		p.wantFrames("pong:1", "text:sent", "pong:2")
		p.wantAfter(0)
		b.release()
		p.want("open text:a text:b")
		p.peer.give(textFrame("c"))
		p.want("open text:a text:b text:c")
		p.c.StepAside() // outside of a method
		p.peer.hangUp(io.EOF)
		p.wantEnd("open text:a text:b text:c closed:1006::false", io.ErrUnexpectedEOF)
	})
}

// partPlay takes parts.
type partPlay struct{ *play }

func (p partPlay) Part(text bool, b []byte, last bool) {
	p.event(fmt.Sprintf("part:%t:%s:%t", text, b, last))
}

func TestPartsGoBothWays(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := &play{T: t, peer: newWire(), began: time.Now(), ended: make(chan struct{})}
		conn, err := Over(p.peer)("ws://example.com/chat", nil, partPlay{p})
		if err != nil {
			t.Fatal(err)
		}
		p.c = conn.(*connection)
		p.begin()
		p.c.TakeParts(true)
		p.peer.give(frame(1, "he"))
		p.want("open part:true:he:false")
		p.c.TakeParts(false)
		p.peer.give(frame(0, "ll"), frame(0x80, "o"), frame(2, "b"))
		want := "open part:true:he:false part:true:ll:false part:true:o:true"
		p.want(want)
		p.peer.give(frame(0x80, "c"))
		want += " binary:bc"
		p.want(want)

		if !p.c.SendPart(true, []byte("a"), false) || !p.c.SendPart(true, []byte("b"), false) || !p.c.SendPart(true, nil, true) ||
			!p.c.SendPart(false, []byte("whole"), true) || !p.c.Take(true, []byte("too")) {
			t.Error("a part was not taken")
		}
		p.wantFrames("text(more):a", "continuation(more):b", "continuation:", "binary:whole", "text:too")
		p.c.Close(1000, "")
		synctest.Wait()
		if p.c.SendPart(true, []byte("late"), false) || p.c.SendPart(true, []byte("late"), true) || p.c.Take(true, []byte("late")) {
			t.Error("something was taken behind Close")
		}
		p.peer.hangUp(io.EOF)
		p.wantEnd(want+" closed:1006::false", io.ErrUnexpectedEOF)
	})
}
