package native

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A conversation is what one peer sends; want is what comes of it, and failed the close code of the violation that ends it.
type conversation struct {
	rule   string
	bytes  string
	want   []string
	failed int
}

// limit is the ReadLimit of the conversations.
const limit = 300

// conversations returns them as a server sends them, or, if masked, as a client does.
func conversations(masked bool) []conversation {
	key := ""
	if masked {
		key = "\x01\xF2\x43\x94"
	}
	frame := func(first byte, payload string) string { return encode(first, payload, key) }
	text := func(s string) string { return frame(0x81, s) }
	binary := func(s string) string { return frame(0x82, s) }
	ping := func(s string) string { return frame(0x89, s) }
	closes := func(code int, reason string) string { return frame(0x88, closeBody(code, reason)) }
	// raw is a header by its bytes.
	raw := func(header string) string {
		return header[:1] + string([]byte{header[1] | byte(len(key)/4*0x80)}) + header[2:] + key
	}
	c := []conversation{
		{"nothing", "", nil, 0},
		{"a text", text("héllo"), []string{"text:héllo"}, 0},
		{"an empty text and an empty binary", text("") + binary(""), []string{"text:", "binary:"}, 0},
		{"some messages", text("a") + binary("\x00\xFF") + text("c"), []string{"text:a", "binary:\x00\xFF", "text:c"}, 0},
		{"a length in 2 bytes", binary(strings.Repeat("0123456789", 20)), []string{"binary:" + strings.Repeat("0123456789", 20)}, 0},
		{"fragments", frame(1, "a") + frame(0, "b") + frame(0x80, "c"), []string{"text:abc"}, 0},
		{"binary fragments need not be UTF-8", frame(2, "\xFF") + frame(0x80, "\xFE"), []string{"binary:\xFF\xFE"}, 0},
		{"a character over two fragments", frame(1, "é€\xF0\x9F") + frame(0x80, "\x98\x80"), []string{"text:é€😀"}, 0},
		{"a character over four fragments", frame(1, "\xF0") + frame(0, "\x9F") + frame(0, "\x98") + frame(0x80, "\x80"), []string{"text:😀"}, 0},
		{"empty fragments", frame(1, "") + frame(0, "") + frame(0x80, "") + frame(2, "") + frame(0, "x") + frame(0x80, ""), []string{"text:", "binary:x"}, 0},
		{"an empty fragment, then all", frame(1, "") + frame(0x80, "all"), []string{"text:all"}, 0},
		{"a ping and a pong inside a message", frame(1, "a") + ping("now") + frame(0, "b") + frame(0x8A, "then") + frame(0x80, "c"), []string{"ping:now", "text:abc"}, 0},
		{"a ping between the bytes of a character", frame(1, "\xE2\x82") + ping("\xFF") + frame(0x80, "\xAC"), []string{"ping:\xFF", "text:€"}, 0},
		{"an empty ping and the longest", ping("") + ping(strings.Repeat("p", 125)), []string{"ping:", "ping:" + strings.Repeat("p", 125)}, 0},
		{"a message, then Close", text("last") + closes(1000, "bye"), []string{"text:last", "close:1000:bye"}, 0},
		{"Close with no code", closes(0, ""), []string{"close:0:"}, 0},
		{"Close with no reason", closes(4000, ""), []string{"close:4000:"}, 0},
		{"Close inside a message", frame(1, "a") + closes(1001, ""), []string{"close:1001:"}, 0},
		{"what follows Close is nothing", closes(1000, "") + text("x") + "\xFF\xFF\xFF", []string{"close:1000:"}, 0},
		{"a message of just the limit", binary(strings.Repeat("x", limit)), []string{"binary:" + strings.Repeat("x", limit)}, 0},

		{"over the limit", text("ok") + binary(strings.Repeat("x", limit+1)), []string{"text:ok"}, 1009},
		{"over the limit in the second fragment", frame(2, strings.Repeat("x", 200)) + frame(0x80, strings.Repeat("x", 101)), nil, 1009},
		{"far over the limit in the second fragment", frame(2, "x") + raw("\x80\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), nil, 1009},
		{"reserved bit 1", frame(0xC1, "x"), nil, 1002},
		{"reserved bit 2", frame(0xA1, "x"), nil, 1002},
		{"reserved bit 3", frame(0x91, "x"), nil, 1002},
		{"a reserved bit on a ping", frame(0xC9, "x"), nil, 1002},
		{"a continuation of nothing", frame(0x80, "x"), nil, 1002},
		{"a continuation after the last", text("a") + frame(0x80, "x"), []string{"text:a"}, 1002},
		{"a message inside a message", frame(1, "a") + text("b"), nil, 1002},
		{"a binary message inside a text", frame(1, "a") + frame(2, "b"), nil, 1002},
		{"a fragmented ping", frame(0x09, "x"), nil, 1002},
		{"a fragmented pong", frame(0x0A, "x"), nil, 1002},
		{"a fragmented Close", frame(0x08, ""), nil, 1002},
		{"a ping of 126 bytes", ping(strings.Repeat("x", 126)), nil, 1002},
		{"a Close of 126 bytes", closes(1000, strings.Repeat("x", 124)), nil, 1002},
		{"a Close of one byte", frame(0x88, "\x03"), nil, 1002},
		{"a close code that none may send", closes(1005, ""), nil, 1002},
		{"a close reason that is not UTF-8", closes(1000, "\xFF"), nil, 1007},
		{"a text that is not UTF-8", text("a") + text("b\xFFc"), []string{"text:a"}, 1007},
		{"a text that ends inside a character", text("a\xE2\x82"), nil, 1007},
		{"fragments that end inside a character", frame(1, "a\xE2") + frame(0x80, "\x82"), nil, 1007},
		{"fragments that are not UTF-8", frame(1, "a\xE2") + frame(0x80, "\x28"), nil, 1007},
		{"a length that is not minimal", raw("\x82\x7E\x00\x01"), nil, 1002},
		{"the 63rd bit of a length", raw("\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), nil, 1002},
	}
	for op := byte(3); op < 16; op++ {
		if op < 8 || op > 10 {
			c = append(c, conversation{fmt.Sprintf("reserved opcode %d", op), frame(0x80|op, "x"), nil, 1002})
		}
	}
	return c
}

// A harness parses pieces as read.go does, and traces as reference does.
type harness struct {
	parser
	got    []string
	buf    []byte
	direct bool // use space wherever there is one
	failed int
}

func newHarness(masked bool, limit int64) *harness {
	h := &harness{parser: parser{masked: masked, limit: limit}}
	h.pong = func(p []byte) {
		h.drain()
		h.got = append(h.got, "ping:"+string(p))
	}
	return h
}

// drain traces what was parsed.
func (h *harness) drain() {
	for _, in := range h.parsed() {
		switch in.kind {
		case gotText:
			h.got = append(h.got, "text:"+in.text())
		case gotBinary:
			h.got = append(h.got, "binary:"+string(in.bytes))
		case gotClosing:
			h.got = append(h.got, fmt.Sprintf("close:%d:%s", h.close.code, h.close.reason))
		}
	}
	h.out = nil
}

// parsed returns what was parsed and not yet traced.
func (h *harness) parsed() []incoming {
	if h.out == nil {
		return nil
	}
	return h.out.list
}

// take is one read.
func (h *harness) take(piece string) {
	for h.direct && h.failed == 0 && len(h.buf) == 0 && piece != "" {
		space := h.space(1)
		if space == nil {
			break
		}
		n := copy(space, piece)
		piece = piece[n:]
		h.failed = int(failedWith(h.filled(n)))
	}
	if h.failed != 0 {
		return
	}
	h.buf = append(h.buf, piece...)
	used, err := h.parse(h.buf)
	h.failed = int(failedWith(err))
	h.buf = slices.Clone(h.buf[used:])
}

// parsePieces parses a conversation that comes in pieces.
func parsePieces(masked, direct bool, limit int64, pieces ...string) (got []string, failed int) {
	h := newHarness(masked, limit)
	h.direct = direct
	for _, p := range pieces {
		if h.failed == 0 {
			h.take(p)
		}
	}
	h.drain()
	return h.got, h.failed
}

// withoutPongs leaves out what the parser does not report.
func withoutPongs(got []string) []string {
	return slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, "pong:") })
}

func TestConversationCutAnywhereIsParsedAsTheWhole(t *testing.T) {
	for _, masked := range []bool{false, true} {
		for _, c := range conversations(masked) {
			t.Run(fmt.Sprintf("%s, masked %t", c.rule, masked), func(t *testing.T) {
				b := c.bytes
				check := func(how string, direct bool, pieces ...string) {
					got, failed := parsePieces(masked, direct, limit, pieces...)
					if !slices.Equal(got, c.want) || failed != c.failed {
						t.Fatalf("direct %t, %s: got %q, %d, want %q, %d", direct, how, got, failed, c.want, c.failed)
					}
				}
				got, failed := reference(b, masked, limit)
				if got = withoutPongs(got); !slices.Equal(got, c.want) || failed != c.failed {
					t.Fatalf("the reference: got %q, %d, want %q, %d", got, failed, c.want, c.failed)
				}
				for _, direct := range []bool{false, true} {
					for i := range len(b) + 1 {
						check(fmt.Sprint("cut at ", i), direct, b[:i], b[i:])
					}
					check("byte by byte", direct, bytewise(b)...)
				}
			})
		}
	}
}

// bytewise cuts a string into its bytes.
func bytewise(s string) []string {
	pieces := make([]string, len(s))
	for i := range len(s) {
		pieces[i] = s[i : i+1]
	}
	return pieces
}

func TestEachSideWantsTheOtherMaskingOfItsPeer(t *testing.T) {
	for _, row := range []struct {
		masked bool
		bytes  string
		failed int
	}{
		{false, textFrame("x"), 0},
		{false, maskedFrame(0x81, "x", "KEY!"), 1002},
		{false, maskedFrame(0x81, "x", "\x00\x00\x00\x00"), 1002},
		{true, maskedFrame(0x81, "x", "KEY!"), 0},
		{true, maskedFrame(0x81, "x", "\x00\x00\x00\x00"), 0},
		{true, textFrame("x"), 1002},
		{true, pingFrame(""), 1002},
	} {
		if _, failed := parsePieces(row.masked, false, limit, row.bytes); failed != row.failed {
			t.Errorf("masked %t, % x: got %d, want %d", row.masked, row.bytes, failed, row.failed)
		}
	}
}

func TestBadTextIsRefusedBeforeItsFrameEnds(t *testing.T) {
	whole := textFrame("ab\xFF" + strings.Repeat("c", 100))
	for n := range len(whole) {
		_, failed := parsePieces(false, false, limit, bytewise(whole[:n])...)
		if want := n > 2+2; (failed == 1007) != want {
			t.Fatalf("after %d bytes: got %d, want it refused: %t", n, failed, want)
		}
	}
}

func TestMessageOverTheLimitIsRefusedByItsHeader(t *testing.T) {
	for _, row := range []struct {
		rule   string
		limit  int64
		bytes  string
		failed int
	}{
		{"one frame", 300, binaryFrame(strings.Repeat("x", 301))[:4], 1009},
		{"one frame of the limit", 300, binaryFrame(strings.Repeat("x", 300))[:4], 0},
		{"the longest frame there is", 300, "\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 1009},
		{"the second fragment", 300, frame(2, strings.Repeat("x", 200)) + "\x80\x65", 1009},
		{"the second fragment, up to the limit", 300, frame(2, strings.Repeat("x", 200)) + "\x80\x64", 0},
		{"no limit", -1, binaryFrame(strings.Repeat("x", 301)), 0},
		{"no limit, the longest frame there is", -1, "\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFxx", 0},
		{"a limit of nothing", 0, textFrame("") + textFrame("")[:1], 0},
		{"a limit of nothing and one byte", 0, textFrame("x")[:2], 1009},
		{"control frames do not count", 0, pingFrame("xyz"), 0},
	} {
		for _, direct := range []bool{false, true} {
			if _, failed := parsePieces(false, direct, row.limit, row.bytes); failed != row.failed {
				t.Errorf("%s: got %d, want %d", row.rule, failed, row.failed)
			}
		}
	}
}

func TestErrorOfALimitNamesTheOptionAndTheSize(t *testing.T) {
	for _, row := range []struct{ bytes, want string }{
		{"\x82\x7E\x01\x2D", "got a message of at least 301 bytes, want at most 300 (ReadLimit)"},
		{frame(2, "x") + "\x80\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "bytes, want at most 300 (ReadLimit)"},
	} {
		_, err := newHarness(false, limit).parse([]byte(row.bytes))
		if err == nil || !strings.Contains(err.Problem, row.want) || strings.Contains(err.Problem, "-") {
			t.Errorf("got %v, want %q and no negative size", err, row.want)
		}
	}
}

// allocated returns how many bytes and objects f allocates.
func allocated(f func()) (bytes, objects uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, after.Mallocs - before.Mallocs
}

func TestHeaderAloneIsNotWorthItsLengthInMemory(t *testing.T) {
	const promise = "\x82\x7F\x00\x00\x00\x00\x03\xC0\x00\x00" // 60 MiB
	for _, direct := range []bool{false, true} {
		bytes, _ := allocated(func() {
			if _, failed := parsePieces(false, direct, 64<<20, promise, "0123456789"); failed != 0 {
				t.Errorf("got %d, want it to wait for more", failed)
			}
		})
		if most := uint64(1<<20 + 64<<10); bytes > most {
			t.Errorf("direct %t: got %d bytes allocated, want at most %d", direct, bytes, most)
		}
	}
}

func TestTinyFragmentsAreNotQuadratic(t *testing.T) {
	const n = 100_000
	b := []byte(frame(2, "x") + strings.Repeat(frame(0, "x"), n-2) + frame(0x80, "x"))
	h := newHarness(false, 1<<20)
	bytes, objects := allocated(func() { h.parse(b) })
	if len(h.parsed()) != 1 || len(h.parsed()[0].bytes) != n {
		t.Fatalf("got %d messages, want one of %d bytes", len(h.parsed()), n)
	}
	if bytes > 10*n || objects > 100 {
		t.Errorf("%d fragments of a byte: got %d bytes in %d allocations", n, bytes, objects)
	}
}

func TestLargeMessageIsAllocatedFewTimes(t *testing.T) {
	const n = 32 << 20
	piece := strings.Repeat("x", mostBuffer)
	h := newHarness(false, 64<<20)
	h.parse([]byte("\x82\x7F\x00\x00\x00\x00\x02\x00\x00\x00"))
	bytes, objects := allocated(func() {
		for left := n; left > 0; {
			space := h.space(1)
			left -= copy(space, piece[:min(len(piece), left)])
			h.filled(min(len(space), len(piece)))
		}
	})
	if len(h.parsed()) != 1 || len(h.parsed()[0].bytes) != n || cap(h.parsed()[0].bytes) != n {
		t.Fatalf("got %d messages, want one of %d bytes", len(h.parsed()), n)
	}
	if bytes > 3*n || objects > 20 {
		t.Errorf("got %d bytes in %d allocations", bytes, objects)
	}
}

func TestMessagesDoNotShareTheReadBuffer(t *testing.T) {
	h := newHarness(false, limit)
	b := []byte(binaryFrame("abc") + textFrame("def"))
	h.parse(b)
	clear(b)
	h.drain()
	if want := []string{"binary:abc", "text:def"}; !slices.Equal(h.got, want) {
		t.Errorf("got %q, want %q", h.got, want)
	}
}

func TestLargeMessageIsReadToItsPlaceAndNoFurther(t *testing.T) {
	h := newHarness(false, limit)
	h.parse([]byte(binaryFrame(strings.Repeat("x", 200))[:4+50]))
	if h.space(151) != nil {
		t.Error("got room though too little is missing")
	}
	if space := h.space(150); len(space) != 150 {
		t.Errorf("got room for %d bytes, want 150", len(space))
	}
	h.filled(copy(h.space(1), strings.Repeat("x", 150)))
	if h.space(0) != nil || len(h.parsed()) != 1 {
		t.Error("want the message delivered and no more room")
	}
	for _, b := range []string{"", "\x82", pingFrame("abc")[:3]} {
		h := newHarness(false, limit)
		h.parse([]byte(b))
		if h.space(0) != nil {
			t.Errorf("% x: got room outside a message's payload", b)
		}
	}
}

// A message that is lent costs no memory, once there is some.
func TestLentMessagesAreNotAllocated(t *testing.T) {
	for name, frames := range map[string]string{"whole": textFrame("hello") + binaryFrame("hello"), "fragments": "\x01\x01a\x00\x01b\x80\x01c"} {
		p := parser{limit: -1, lends: true}
		wire := []byte(frames)
		if n := testing.AllocsPerRun(100, func() {
			if _, err := p.parse(wire); err != nil {
				t.Fatal(err)
			}
			out := p.takeOut() // kept, since a pool forgets
			clear(out.list)
			out.list = out.list[:0]
			p.out = out
			p.reclaim()
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
