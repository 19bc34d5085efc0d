package native

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// written is what an outbox holds.
func written(o *outbox) string {
	var b strings.Builder
	for _, c := range o.chunks {
		b.Write(c.buf)
	}
	return b.String()
}

func TestMessageIsOneFrameOverItsChunks(t *testing.T) {
	for _, size := range []int{0, 1, smallChunk - maxHeader - 1, smallChunk - maxHeader, smallChunk - maxHeader + 1, largeChunk - maxHeader, largeChunk, 3*largeChunk + 7} {
		for _, masked := range []bool{true, false} {
			o := outbox{masked: masked}
			message := string(pattern(size))
			o.ctrl(opPing, []byte("before"))
			o.data(opBinary, []byte(message))
			o.data(opText, []byte("after"))
			got, failed := reference(written(&o), masked, -1)
			if want := []string{"ping:before", "binary:" + message, "text:after"}; failed != 0 || !slices.Equal(got, want) {
				t.Errorf("%d bytes, masked %t: got %.100q, %d", size, masked, got, failed)
			}
		}
	}
}

func TestOnlyMessagesCountAsPayload(t *testing.T) {
	o := outbox{masked: true}
	o.ctrl(opPong, make([]byte, 100))
	o.data(opText, nil)
	o.data(opBinary, make([]byte, 2*largeChunk))
	o.ctrl(opPing, make([]byte, 125))
	o.data(opText, make([]byte, 5))
	o.ctrl(opClose, make([]byte, 2))
	sum := 0
	for _, c := range o.chunks {
		sum += c.payload
		if c.payload > len(c.buf) {
			t.Errorf("got %d bytes of payload in %d", c.payload, len(c.buf))
		}
	}
	if want := 2*largeChunk + 5; sum != want {
		t.Errorf("got %d bytes of payload, want %d", sum, want)
	}
}

func TestSmallMessagesShareAChunk(t *testing.T) {
	o := outbox{masked: true}
	for range 100 {
		o.data(opText, make([]byte, 30)) // 36 with its header
	}
	if len(o.chunks) != 1 || cap(o.chunks[0].buf) != smallChunk {
		t.Errorf("got %d chunks, want a small one", len(o.chunks))
	}
	for range 100 {
		o.data(opText, make([]byte, 30))
	}
	if len(o.chunks) != 2 || cap(o.chunks[1].buf) != largeChunk {
		t.Errorf("got %d chunks, want a small and a large one", len(o.chunks))
	}
}

func TestEveryFrameHasAKeyOfItsOwn(t *testing.T) {
	o, seen := outbox{masked: true}, map[uint32]bool{}
	for range 1000 {
		o.data(opText, nil)
	}
	for b := []byte(written(&o)); len(b) > 0; {
		h, size, _ := parseHeader(b)
		seen[h.key] = true
		b = b[size:]
	}
	if len(seen) < 999 { // two alike are a chance of 1 in 10,000
		t.Errorf("got %d keys for 1000 frames", len(seen))
	}
}

func TestMessageIsTheCallersAgain(t *testing.T) {
	o := outbox{}
	b := []byte("mine")
	o.data(opText, b)
	copy(b, "gone")
	if got := written(&o); !strings.HasSuffix(got, "mine") {
		t.Errorf("got %q", got)
	}
	m := []byte("unchanged")
	(&outbox{masked: true}).data(opText, m)
	if string(m) != "unchanged" {
		t.Errorf("got %q: the caller's bytes were masked", m)
	}
}

func TestChunksAreNotSharedWhileInUse(t *testing.T) {
	first, second := outbox{}, outbox{}
	first.data(opBinary, bytes.Repeat([]byte("1"), 100))
	first.data(opBinary, bytes.Repeat([]byte("1"), 2*largeChunk))
	inflight := first.take(nil)
	want := slices.Concat(slices.Collect(func(yield func([]byte) bool) {
		for _, c := range inflight {
			yield(slices.Clone(c.buf))
		}
	})...)
	for range 10 { // others send and release
		second.data(opBinary, bytes.Repeat([]byte("2"), 3*largeChunk))
		first.data(opBinary, bytes.Repeat([]byte("3"), 3*largeChunk))
		second.drop()
		first.drop()
	}
	var got []byte
	for _, c := range inflight {
		got = append(got, c.buf...)
	}
	if !bytes.Equal(got, want) {
		t.Error("the bytes in flight were changed")
	}
}

func TestReleasedChunkIsEmpty(t *testing.T) {
	for _, size := range []int{10, 2 * smallChunk} {
		o := outbox{}
		o.data(opBinary, make([]byte, size))
		c := o.chunks[0]
		capacity := cap(c.buf)
		o.drop()
		if len(c.buf) != 0 || c.payload != 0 || cap(c.buf) != capacity || !o.empty() {
			t.Errorf("got %d bytes, %d of payload, of %d", len(c.buf), c.payload, cap(c.buf))
		}
	}
}

func TestTakeEmptiesTheOutboxInOrder(t *testing.T) {
	o := outbox{}
	o.data(opText, []byte("1"))
	first := o.take(nil)
	o.data(opText, []byte("2"))
	second := o.take(first[:0:0])
	if len(first) != 1 || len(second) != 1 || first[0] == second[0] || !o.empty() {
		t.Errorf("got %d and %d chunks", len(first), len(second))
	}
}
