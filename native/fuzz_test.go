package native

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"unicode/utf8"
)

// Fuzz targets for what a peer's bytes reach; those that need net/http or net/url to judge are in fuzz_native_test.go. A plain
// test run takes the seeds and what is kept in testdata/fuzz, which the fuzzer found to reach more. So does one in a browser:
// wasm_exec lets it read files. Where there are none the seeds run alone.

// pieces cuts s by sizes. What is left when they have run out stays whole.
func pieces(s string, sizes []byte) (cut []string) {
	for _, size := range sizes {
		n := min(int(size), len(s))
		cut, s = append(cut, s[:n]), s[n:]
	}
	return append(cut, s)
}

// FuzzHeader: what is read is written back alike, and no more is read than the size says.
func FuzzHeader(f *testing.F) {
	for _, length := range lengths {
		f.Add(appendHeader(nil, header{fin: true, opcode: opText, length: length}))
		f.Add(appendHeader(nil, header{opcode: opPing, masked: true, key: 0x04030201, length: length}))
	}
	f.Add([]byte("\x82\x7F\x80\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x82\x7E\x00\x00"))
	f.Add([]byte("\x82\x7E\x00\x7D"))
	f.Add([]byte("\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, size, err := parseHeader(b)
		if err != nil || size == 0 {
			if size != 0 {
				t.Fatalf("got size %d with %v", size, err)
			}
			return
		}
		written := appendHeader(nil, h)
		written[0] |= h.rsv
		if string(written) != string(b[:size]) {
			t.Fatalf("got % x back, want % x", written, b[:size])
		}
		for n := range size {
			if _, size, err := parseHeader(b[:n]); size != 0 || err != nil {
				t.Fatalf("cut at %d: got size %d, %v", n, size, err)
			}
		}
	})
}

// FuzzParser: any pieces of any bytes give what the reference finds in the whole; byte by byte they give it at the same byte.
func FuzzParser(f *testing.F) {
	for _, masked := range []bool{false, true} {
		for i, c := range conversations(masked) {
			f.Add([]byte(c.bytes), []byte{byte(i), 1, 0, 7}, int64(limit), masked)
		}
	}
	f.Add([]byte("\x82\x7F\x00\x00\x00\x00\x03\xC0\x00\x00long"), []byte{11, 1}, int64(-1), false)
	f.Add([]byte("\x02\x7E\xFF\xFFlong"), []byte{5}, int64(1<<20), false)
	f.Add([]byte(frame(2, "ab")+frame(0, "")+frame(0x80, "c")), []byte{3}, int64(3), false)
	f.Add([]byte(textFrame("")+binaryFrame("x")), []byte(nil), int64(0), false)
	f.Fuzz(func(t *testing.T, b, sizes []byte, limit int64, masked bool) {
		want, wantFailed := reference(string(b), masked, limit)
		want = withoutPongs(want)
		for _, direct := range []bool{false, true} {
			for _, p := range [][]string{{string(b)}, pieces(string(b), sizes)} {
				if got, failed := parsePieces(masked, direct, limit, p...); !slices.Equal(got, want) || failed != wantFailed {
					t.Fatalf("direct %t, %q: got %q, %d, want %q, %d", direct, p, got, failed, want, wantFailed)
				}
			}
			for _, lends := range []bool{false, true} {
				h := newHarness(masked, limit)
				h.direct, h.lends = direct, lends
				h.takeBytes(t, string(b))
			}
		}
	})
}

// takeBytes compares with the reference after each byte, and wants no more memory reserved than what came is worth.
func (h *harness) takeBytes(t *testing.T, b string) {
	for n := 1; n <= min(len(b), 300); n++ { // each byte takes the reference from the start
		h.take(b[n-1 : n])
		h.drain()
		h.reclaim()
		want, failed := reference(b[:n], h.masked, h.limit)
		if want = withoutPongs(want); !slices.Equal(h.got, want) || h.failed != failed {
			t.Fatalf("direct %t, lends %t, after %d bytes of %q: got %q, %d, want %q, %d", h.direct, h.lends, n, b, h.got, h.failed, want, failed)
		}
		if cap(h.payload) > n+eager {
			t.Fatalf("direct %t, lends %t, after %d bytes of %q: got %d bytes reserved", h.direct, h.lends, n, b, cap(h.payload))
		}
	}
}

// FuzzFrames: what the outbox writes is one frame for each message, and the parser reads it back from any pieces.
func FuzzFrames(f *testing.F) {
	for i := range frameSizes {
		at := byte(i << 3)
		f.Add([]byte{at, at + 1, at + 2, at + 3, 0, 9}, []byte("héllo €😀"), []byte{0, 1, 2, 3, 200, 255}, i%2 == 0)
		f.Add([]byte{at + 2, at + 4}, []byte("\xFF\x00 bytes"), []byte{130}, i%2 == 1)
	}
	f.Fuzz(func(t *testing.T, script, content, sizes []byte, masked bool) {
		o := outbox{masked: masked}
		want, payload := perform(&o, script[:min(len(script), 8)], string(content))
		b := written(&o)
		if got, failed := reference(b, masked, -1); !slices.Equal(got, want) || failed != 0 {
			t.Fatalf("the reference: got %.200q, %d, want %.200q", got, failed, want)
		}
		for range want {
			f, rest, _ := referenceFrame(b, masked)
			if b = rest; !f.fin {
				t.Fatal("got more frames than messages")
			}
		}
		want = withoutPongs(want)
		var asWritten []string
		for _, c := range o.chunks {
			asWritten = append(asWritten, string(c.buf))
			payload -= c.payload
		}
		if payload != 0 {
			t.Errorf("got %d bytes of messages too few", payload)
		}
		for _, direct := range []bool{false, true} {
			for _, p := range [][]string{asWritten, pieces(written(&o), sizes)} {
				if got, failed := parsePieces(masked, direct, -1, p...); !slices.Equal(got, want) || failed != 0 {
					t.Fatalf("direct %t: got %.200q, %d, want %.200q", direct, got, failed, want)
				}
			}
		}
		o.drop()
	})
}

var frameSizes = []int{0, 1, 7, 125, 126, smallChunk - maxHeader, 65535, 65536, largeChunk, 2*largeChunk + 3}

// perform writes a frame for each byte of the script: the low three bits say of what, the others how long. It returns them as
// reference does, and the bytes of the messages.
func perform(o *outbox, script []byte, content string) (trace []string, payload int) {
	for _, b := range script {
		size := frameSizes[int(b>>3)%len(frameSizes)]
		s := strings.Repeat(content+"!", size/(len(content)+1)+1)[:size]
		switch text := strings.ToValidUTF8(s, ""); b & 7 {
		case 0, 1:
			o.data(opText, []byte(text))
			trace, payload = append(trace, "text:"+text), payload+len(text)
		case 2, 3:
			o.data(opBinary, []byte(s))
			trace, payload = append(trace, "binary:"+s), payload+len(s)
		case 4, 5:
			o.ctrl(opPing, []byte(cut(text, maxControl)))
			trace = append(trace, "ping:"+cut(text, maxControl))
		case 6:
			o.ctrl(opPong, []byte(cut(text, maxControl)))
			trace = append(trace, "pong:"+cut(text, maxControl))
		case 7:
			o.ctrl(opClose, closePayload(4000, cut(text, maxControl-2)))
			return append(trace, "close:4000:"+cut(text, maxControl-2)), payload
		}
	}
	return trace, payload
}

// FuzzClosePayload: what is read is what the reference reads, and is written back alike.
func FuzzClosePayload(f *testing.F) {
	for _, payload := range []string{"", "\x03", "\x03\xE8", "\x03\xE8bye", "\x03\xE8\xFF", "\x13\x87é", "\x00\x00", "\xFF\xFF", "\x03\xEDx",
		"\x03\xF6", "\x03\xF7", "\x03\xE7", "\x03\xEC", "\x13\x88", "\x0B\xB7", "\x0B\xB8", "\x03\xE8\xED\xA0\x80", "\x0F\xA0" + strings.Repeat("é😀", 30)} {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		want, wantFailed := referenceClose(nil, string(payload))
		code, reason, err := parseClose(payload)
		var got []string
		if err == nil {
			got = []string{fmt.Sprintf("close:%d:%s", code, reason)}
		}
		if !slices.Equal(got, want) || int(failedWith(err)) != wantFailed {
			t.Fatalf("% x: got %q, %v, want %q, %d", payload, got, err, want, wantFailed)
		}
		if err == nil && string(closePayload(code, reason)) != string(payload) {
			t.Fatalf("% x: got % x back", payload, closePayload(code, reason))
		}
		for _, n := range []int{0, 1, 5, maxControl - 2} { // a reason of this side's own is cut to fit
			short := cut(reason, n)
			if len(short) > n || !strings.HasPrefix(reason, short) || !utf8.ValidString(short) || len(short) < min(n-3, len(reason)) {
				t.Fatalf("%q: got %q of at most %d bytes", reason, short, n)
			}
		}
	})
}

// A pieceReader brings one piece, or a part of it, for each Read, then io.EOF.
type pieceReader struct{ pieces []string }

func (r *pieceReader) Read(p []byte) (n int, err error) {
	if len(r.pieces) == 0 {
		return 0, io.EOF
	}
	n = copy(p, r.pieces[0])
	if r.pieces[0] = r.pieces[0][n:]; r.pieces[0] == "" {
		r.pieces = r.pieces[1:]
	}
	return n, nil
}

// answer is what comes of a server's answer.
type answer struct {
	protocol string
	rest     string // all that lies behind its head
	err      string
}

func shakePieces(t *testing.T, pieces, offered []string) answer {
	carrier := &pieceReader{slices.Clone(pieces)}
	protocol, rest, err := shake(carrier, offered)
	if err == nil {
		return answer{protocol: protocol, rest: rest + strings.Join(carrier.pieces, "")}
	}
	refused, phase := (*HandshakeError)(nil), (*phaseError)(nil)
	if !errors.As(err, &refused) && !errors.As(err, &phase) {
		t.Fatalf("%q: got an error of type %T", pieces, err)
	}
	return answer{err: err.Error()}
}

// answers are seeds: what a server answers, and the subprotocols that were offered.
var answers = [][2]string{
	{answered()},
	{answered() + "rest"},
	{strings.ReplaceAll(answered(), "\r\n", "\n") + "\n\nrest"},
	{answered("P", "Sec-WebSocket-Protocol: a"), "a"},
	{answered("P", "Sec-WebSocket-Protocol: b"), "a,b"},
	{answered("P", "Sec-WebSocket-Protocol: a, b"), "a,b"},
	{answered("E", "Sec-WebSocket-Extensions: permessage-deflate")},
	{"HTTP/1.1 100 Continue\n\n" + answered() + "rest"},
	{"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 199 X\n\n" + answered()},
	{"HTTP/1.1 404 Not Found\r\nA: b\r\n c\r\n\r\n"},
	{"HTTP/1.1 101 X\r\n folded\r\n\r\n"},
	{"HTTP/1.1 101 X\r\n:\r\n\r\n"},
	{"\n\n"},
	{answered("HTTP/1.1", "HTTP/1.0 101 X")},
	{answered("X", "X: a\x00b")},
	{answered("X", "X: a\rb")},
	{"HTTP/2 100 X\r\n\r\n" + answered()},
	{answered("Connection", "Connection: keep-alive,\r\n\tupgrade", "X", "X:\r\n \r\n y\r\nX: z")},
	{answered("Upgrade", "Upgrade: web\u017Focket")},
	{answered("Upgrade", "upgrade:WEBSOCKET\t", "Sec", "SEC-WEBSOCKET-ACCEPT:"+sampleAccept)},
	{answered("X", "Content-Length: 1, 2\r\nTransfer-Encoding: x\r\nPragma: no-cache\r\nY: \x01\x7F\x80")},
}

// offers is the list of subprotocols in a seed.
func offers(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// FuzzHandshakeResponse: any pieces of an answer give the same as the whole, and what lies behind its head is kept.
func FuzzHandshakeResponse(f *testing.F) {
	for i, a := range answers {
		f.Add([]byte(a[0]), []byte{byte(10 * i), 1, 2, 0, 60}, a[1])
	}
	f.Fuzz(func(t *testing.T, b []byte, sizes []byte, offered string) {
		want := shakePieces(t, []string{string(b)}, offers(offered))
		if !strings.HasSuffix(string(b), want.rest) {
			t.Fatalf("%q: got %q behind the head", b, want.rest)
		}
		if want.err == "" && !strings.HasSuffix(strings.TrimSuffix(string(b), want.rest), "\n") {
			t.Fatalf("%q: got %q behind the head, want all of it", b, want.rest)
		}
		for _, p := range [][]string{pieces(string(b), sizes), bytewise(string(b))} {
			if got := shakePieces(t, p, offers(offered)); got != want {
				t.Fatalf("%q: got %+v, want %+v", p, got, want)
			}
		}
		if _, _, err := shake(iotest.DataErrReader(bytes.NewReader(b)), offers(offered)); (err == nil) != (want.err == "") || err != nil && err.Error() != want.err {
			t.Fatalf("%q, the end with the last bytes: got %v, want %+v", b, err, want)
		}
	})
}

// FuzzExtensions: of the server's choice just that is taken which RFC 7692 7.1 lets it answer to deflateOffer.
func FuzzExtensions(f *testing.F) {
	for _, s := range []string{
		"permessage-deflate", "", ",", " ,permessage-deflate;server_no_context_takeover ; client_no_context_takeover,\t", "permessage-deflate\npermessage-deflate",
		`permessage-deflate; client_max_window_bits="1\5"; server_max_window_bits = 8`, "permessage-deflate; client_max_window_bits", "permessage-deflate;",
		"permessage-deflate; server_max_window_bits=16", "permessage-deflate; client_max_window_bits=7", "permessage-deflate; server_max_window_bits=08", `permessage-deflate; client_max_window_bits="10`,
		"permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", "x-other", "permessage-deflate, x", "Permessage-deflate", `permessage-deflate; x="a,b;c"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		values := strings.Split(s, "\n")
		r := &response{header: map[string][]string{"Sec-Websocket-Extensions": values}}
		_, got, err := r.extensions(true)
		want := termsOf(strings.Join(values, ","))
		switch {
		case (err == nil) != (want != nil):
			t.Fatalf("%q: got %+v, %v, want %+v", s, got, err, want)
		case err == nil && *got != *want:
			t.Fatalf("%q: got %+v, want %+v", s, got, want)
		}
	})
}

// termsOf reads a choice that the grammar allows: RFC 6455 9.1, RFC 7692 7.1, RFC 9110 5.6.
func termsOf(choice string) *terms {
	if !legalChoice.MatchString(choice) {
		return nil
	}
	t, seen := &terms{serverBits: 15, clientBits: 15}, map[string]bool{}
	for _, p := range legalParam.FindAllStringSubmatch(choice, -1) {
		name, bits := p[1], 0
		if seen[name] {
			return nil
		}
		seen[name] = true
		fmt.Sscan(strings.NewReplacer(`\`, "", `"`, "").Replace(p[2]), &bits)
		switch name {
		case "server_no_context_takeover":
			t.serverForgets = true
		case "client_no_context_takeover":
			t.clientForgets = true
		case "server_max_window_bits":
			t.serverBits = bits
		case "client_max_window_bits":
			t.clientBits = bits
		}
	}
	return t
}

const (
	takeoverParam = `(?:server|client)_no_context_takeover`
	bitsParam     = `(?:server|client)_max_window_bits`
	bitsValue     = `[ \t]*=[ \t]*(?:[89]|1[0-5]|"\\?[89]"|"\\?1\\?[0-5]")`
)

var (
	legalChoice = regexp.MustCompile(`^[ \t,]*permessage-deflate(?:[ \t]*;[ \t]*(?:` + takeoverParam + `|` + bitsParam + bitsValue + `))*[ \t,]*$`)
	legalParam  = regexp.MustCompile(`(` + takeoverParam + `|` + bitsParam + `)[ \t]*(?:=[ \t]*([^ \t;,]*))?`)
)

// FuzzUTF8: any pieces give unicode/utf8's judgement, at the piece that holds the first bad byte.
func FuzzUTF8(f *testing.F) {
	for i, s := range texts {
		f.Add([]byte(s), []byte{byte(i % 4), 1, 0, 2, byte(i % 3)})
	}
	f.Fuzz(func(t *testing.T, b, sizes []byte) {
		bad, whole := walk(string(b))
		if got := firstBad(string(b)); got != bad {
			t.Fatalf("% x byte by byte: got byte %d, want %d", b, got, bad)
		}
		var u utf8Stream
		at := 0
		for _, p := range pieces(string(b), sizes) {
			at += len(p)
			got, want := u.feed([]byte(p)), bad < 0 || at <= bad
			if got != want {
				t.Fatalf("% x up to %d: got %t, want %t", b, at, got, want)
			}
			if !got {
				return
			}
		}
		if u.done() != whole {
			t.Fatalf("% x: got done %t, want %t", b, u.done(), whole)
		}
	})
}

// walk goes through s character by character. It returns where the first byte is that no text has there, -1 if there is none,
// and whether all are whole characters.
func walk(s string) (bad int, whole bool) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			for n := 1; i+n <= len(s); n++ {
				if !mayBecomeValid(s[i : i+n]) {
					return i + n - 1, false
				}
			}
			return -1, false
		}
		i += n
	}
	return -1, true
}

// FuzzMask: the mask over any pieces, anywhere in memory, is the RFC's over the whole.
func FuzzMask(f *testing.F) {
	for i, key := range keys {
		f.Add(pattern(10*i), []byte{byte(i), 1, 0, 33}, key, uint8(i))
	}
	f.Fuzz(func(t *testing.T, b, sizes []byte, key uint32, offset uint8) {
		want := naiveMask(b, key)
		at := int(offset % 16)
		inPlace := append(make([]byte, at), b...)
		copied := make([]byte, at+len(b)+1)
		k := key
		for _, p := range pieces(string(b), sizes) {
			turned := maskCopy(copied[at:], []byte(p), k)
			if again := maskCopy(inPlace[at:at+len(p)], inPlace[at:at+len(p)], k); again != turned {
				t.Fatalf("got the keys %08x and %08x", turned, again)
			}
			k, at = turned, at+len(p)
		}
		start := int(offset % 16)
		if !bytes.Equal(copied[start:at], want) || !bytes.Equal(inPlace[start:], want) {
			t.Fatalf("key %08x, % x: got % x and % x, want % x", key, b, copied[start:at], inPlace[start:], want)
		}
		if copied[at] != 0 || slices.Max(append(copied[:start:start], 0)) != 0 {
			t.Fatal("bytes beyond the destination were changed")
		}
	})
}

// What is different about a connection in FuzzConnection.
const (
	cutAtOnce   = 1 << iota // the stream fails behind the last bytes, else it ends when nothing moves any more
	writesNow               // over a carrier that can write without waiting
	withAnswer              // the first piece comes with the handshake's answer
	aborts                  // over a carrier that has Abort
	echoes                  // a listener sends back
	closes                  // a listener closes
	fails                   // a listener fails the connection
	takesLittle             // the peer does not read
	lends                   // messages are lent to the listeners
)

// connectionLimit is FuzzConnection's ReadLimit: a message up to it may be read straight to its place.
const connectionLimit = mostBuffer + 1000

// FuzzConnection: whatever a server sends after its answer, there is one Opened, then messages, and one Closed, which is the
// last, and nothing is left running.
func FuzzConnection(f *testing.F) {
	for i, c := range conversations(false) {
		f.Add([]byte(c.bytes), []byte{byte(i), 2, 3}, uint8(i%16))
		f.Add([]byte(textFrame("x")+c.bytes), []byte{3, byte(i)}, uint8(16<<(i%4)+i%16))
	}
	long := binaryFrame(strings.Repeat("x", mostBuffer+10))
	f.Add([]byte(long+textFrame("")), []byte{20, 200}, uint8(0))
	f.Add([]byte(long[:100]), []byte{20, 20}, uint8(withAnswer))
	f.Add([]byte("\x01\x7F\x00\x00\x00\x00\x00\x01\x01\x00ab\xFFc"), []byte{10, 1, 1}, uint8(0)) // bad text read to its place
	f.Add([]byte(strings.Repeat(pingFrame("p"), 10)), []byte(nil), uint8(0))
	two := frame(1, "aaaaaaaaaa") + frame(0x80, "bb") + frame(2, "cc") + frame(0x80, "dd") // in one read, when one has been lent
	f.Add([]byte(two+two), []byte{6}, uint8(0))
	f.Add([]byte(two+two), []byte{byte(len(two))}, uint8(echoes))
	f.Fuzz(func(t *testing.T, b, sizes []byte, how uint8) {
		inBubble(t, func(t *testing.T) { converse(t, string(b), sizes, int(how)) })
		inBubble(t, func(t *testing.T) { converse(t, string(b), sizes, int(how)|lends) })
	})
}

// converse has a server send b and compares with what the reference reads.
func converse(t *testing.T, b string, sizes []byte, how int) {
	want, failed := reference(b, false, connectionLimit)
	want = withoutPongs(want)
	if len(want) > 400 { // of more pings than may wait (maxPongs) some have no answer
		return
	}
	p := conversing(t, how)
	coming := pieces(b, sizes)
	if how&withAnswer != 0 {
		p.peer.with, coming = coming[0], coming[1:]
	}
	p.begin()
	p.peer.give(coming...)
	if how&cutAtOnce != 0 {
		p.peer.hangUp(errCut)
	} else {
		synctest.Wait()
		p.peer.hangUp(io.EOF)
	}
	p.untilEnd()
	synctest.Wait()
	if how&(closes|fails|takesLittle) != 0 {
		p.wantMessagesOf(want)
	} else {
		p.wantAllOf(want, failed, how)
	}
}

// conversing makes the connection.
func conversing(t *testing.T, how int) *play {
	p := newPlay(t, does{"message": func(p *play) {
		if how&echoes != 0 {
			p.c.SendText("echo")
		}
		if how&closes != 0 {
			p.c.Close(1000, "enough")
		}
		if how&fails != 0 {
			p.c.Fail(errCut)
		}
	}}, Config{ReadLimit: connectionLimit})
	if how&aborts != 0 {
		p.over(halfWire{p.peer}, Config{ReadLimit: connectionLimit})
	}
	p.c.parser.lends = how&lends != 0
	if how&writesNow != 0 {
		p.inline()
	}
	if how&takesLittle != 0 {
		p.peer.takes = 10
	}
	return p
}

// wantMessagesOf wants the beginning of the messages between Opened and the one Closed.
func (p *play) wantMessagesOf(want []string) {
	p.Helper()
	isMessage := func(e string) bool { return strings.HasPrefix(e, "text:") || strings.HasPrefix(e, "binary:") }
	n := len(p.trace) - 1
	if p.trace[0] != "open" || !strings.HasPrefix(p.trace[n], "closed:") {
		p.Fatalf("got %q", p.trace)
	}
	got := p.trace[1:n]
	if last := len(got) - 1; last >= 0 && got[last] == "closing" {
		got = got[:last]
	}
	want = slices.DeleteFunc(want, func(e string) bool { return !isMessage(e) })
	if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
		p.Fatalf("got %q, want the beginning of %q", got, want)
	}
}

// wantAllOf wants just what the reference read, and the frames that answer it.
func (p *play) wantAllOf(want []string, failed, how int) {
	p.Helper()
	trace, frames := []string{"open"}, []string(nil)
	end, cause := "closed:1006::false", io.ErrUnexpectedEOF
	if how&cutAtOnce != 0 {
		cause = errCut
	}
	for _, e := range want {
		kind, content, _ := strings.Cut(e, ":")
		switch {
		case kind == "ping":
			frames = append(frames, "pong:"+content)
		case e == "close:0:":
			trace, frames = append(trace, "closing"), append(frames, "close:")
			end, cause = "closed:1005::true", nil
		case kind == "close":
			trace, frames = append(trace, "closing"), append(frames, e)
			end, cause = "closed:"+content+":true", nil
		default:
			trace = append(trace, e)
		}
	}
	if trace = append(trace, end); !slices.Equal(p.trace, trace) {
		p.Fatalf("got %q, want %q", p.trace, trace)
	}
	if failed != 0 {
		frames = append(frames, fmt.Sprintf("close:%d", failed))
		p.wantRule(uint16(failed))
	} else if cause == nil && p.failure != nil || !errors.Is(p.failure, cause) {
		p.Fatalf("got the failure %v, want %v", p.failure, cause)
	}
	p.wantAnswers(frames, failed != 0 || cause == nil || how&cutAtOnce == 0)
}

// wantAnswers compares the frames that were sent, but for echoes and for the words of a violation. If the stream broke, some may
// have been on their way.
func (p *play) wantAnswers(want []string, all bool) {
	p.Helper()
	got := slices.DeleteFunc(p.peer.frames(), func(e string) bool { return e == "text:echo" })
	for i, e := range got {
		if code, _, found := strings.Cut(e, ":got "); found && i < len(want) && want[i] == code {
			got[i] = code
		}
	}
	if !all && len(got) < len(want) {
		want = want[:len(got)]
	}
	if !slices.Equal(got, want) {
		p.Fatalf("got the frames %q, want %q", got, want)
	}
}
