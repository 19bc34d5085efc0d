//go:build !js

package native

import (
	"bytes"
	stdflate "compress/flate"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// jsonLike is text of n bytes as programs send it.
func jsonLike(r *rand.Rand, n int) []byte {
	words := []string{"name", "user", "message", "created_at", "id", "true", "null", "payload", "héllo", "€"}
	var b []byte
	for len(b) < n {
		b = append(b, `{"`+words[r.IntN(len(words))]+`":"`+words[r.IntN(len(words))]+strconv.Itoa(r.IntN(1000))+`"},`...)
	}
	return b[:n]
}

// peerInflater is a peer that decompresses with the standard library and holds this side to what was agreed on.
type peerInflater struct {
	forgets bool
	window  int
	history []byte
}

func (p *peerInflater) inflate(packed []byte) ([]byte, error) {
	dict := p.history[max(0, len(p.history)-p.window):]
	if p.forgets {
		dict = nil
	}
	in := append(bytes.Clone(packed), 0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff)
	if reach := reach(in); reach > p.window {
		return nil, &ProtocolError{Problem: "a distance of " + strconv.Itoa(reach)}
	}
	b, err := io.ReadAll(stdflate.NewReaderDict(bytes.NewReader(in), dict))
	p.history = append(p.history, b...)
	return b, err
}

func TestCompressionRoundTrips(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		for bits := 8; bits <= 15; bits++ {
			r := rand.New(rand.NewPCG(1, uint64(bits)))
			agreed := terms{serverForgets: !takeover, clientForgets: !takeover, serverBits: bits, clientBits: bits}
			c := compressionPooled
			if takeover {
				c = compressionTakeover
			}
			p := newPacker(agreed, c, 1)
			peer := &peerInflater{forgets: !takeover, window: 1 << bits}
			for i, n := range []int{1, 2, 100, 1000, 1 << bits, 1<<bits + 1, 70000, 5, 1000, 33000, 40} {
				message := jsonLike(r, n)
				packed, ok := p.pack(message)
				if !ok {
					if takeover {
						t.Fatalf("takeover, %d bits: message %d is not compressed, but the context has it", bits, i)
					}
					p.done()
					continue
				}
				if got, err := peer.inflate(packed); !bytes.Equal(got, message) || err != nil {
					t.Fatalf("takeover %t, %d bits, message %d of %d bytes: %v", takeover, bits, i, n, err)
				}
				p.done()
			}
			p.drop()
		}
	}
}

func TestCompressionTakeoverGains(t *testing.T) {
	size := func(c Compression) (n int) {
		r := rand.New(rand.NewPCG(1, 2))
		p := newPacker(terms{serverBits: 15, clientBits: 15}, c, 1)
		defer p.drop()
		for range 20 {
			packed, _ := p.pack(jsonLike(r, 1000))
			n += len(packed)
			p.done()
		}
		return n
	}
	if pooled, kept := size(compressionPooled), size(compressionTakeover); kept >= pooled*9/10 {
		t.Errorf("got %d bytes with takeover, %d without", kept, pooled)
	}
}

func TestCompressionLeavesAloneWhatDoesNotGain(t *testing.T) {
	random := make([]byte, 1000)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	p := newPacker(terms{clientBits: 15}, compressionPooled, 0)
	if _, ok := p.pack(random); ok {
		t.Error("random bytes are sent compressed")
	}
	p.done()
	if p.worth(511) || !p.worth(512) {
		t.Error("the threshold is not 512")
	}
	if p := newPacker(terms{clientBits: 15}, compressionTakeover, 0); p.worth(127) || !p.worth(128) {
		t.Error("the threshold with takeover is not 128")
	}
	if p := newPacker(terms{clientBits: 15, clientForgets: true}, compressionTakeover, 0); p.worth(511) {
		t.Error("the threshold is 128 though the server forbids takeover")
	}
	if p := newPacker(terms{clientBits: 15}, compressionPooled, 7); p.worth(6) || !p.worth(7) {
		t.Error("the threshold is not the program's")
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The examples of RFC 7692 7.2.3, and what peers do besides.
func TestUnpack(t *testing.T) {
	const hello = "f2 48 cd c9 c9 07 00"
	for _, row := range []struct {
		name     string
		forgets  bool
		messages []string
		want     string
		problem  string
	}{
		{"one block", false, []string{hello}, "Hello", ""},
		{"a shared window", false, []string{hello, "f2 00 11 00 00"}, "Hello Hello", ""},
		{"no shared window", true, []string{hello, "f2 00 11 00 00"}, "Hello", "1007"},
		{"no shared window needed", true, []string{hello, hello}, "Hello Hello", ""},
		{"no compression", false, []string{"00 05 00 fa ff 48 65 6c 6c 6f 00"}, "Hello", ""},
		{"a final block", false, []string{"f3 48 cd c9 c9 07 00 00"}, "Hello", ""},
		{"a final block, then the window", false, []string{"f3 48 cd c9 c9 07 00 00", "f2 00 11 00 00"}, "Hello Hello", ""},
		{"two blocks", false, []string{"f2 48 05 00 00 00 ff ff ca c9 c9 07 00"}, "Hello", ""},
		{"two final blocks", false, []string{"f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 00"}, "HelloHello", ""},
		{"a final block, then its own bytes", false, []string{"f3 48 cd c9 c9 07 00 f2 00 11 00 00"}, "HelloHello", ""},
		{"the empty message", false, []string{"00"}, "", ""},
		{"the empty message as a final block", false, []string{"03 00 00"}, "", ""},
		{"nothing at all", false, []string{""}, "", ""},
		{"empty blocks", false, []string{strings.Repeat("00 00 00 ff ff ", 50) + hello}, "Hello", ""},
		{"a thousand and one final blocks", false, []string{strings.Repeat("01 00 00 ff ff ", 1001) + "00"}, "", "final blocks"},
		{"a reserved block", false, []string{"07"}, "", "1007"},
		{"a stored block whose lengths differ", false, []string{"00 05 00 fa fe 48 65 6c 6c 6f 00"}, "", "1007"},
		{"a block that breaks off", false, []string{"f2 48 cd"}, "", "1007"},
		{"a distance before the beginning", false, []string{"f2 00 11 00 00"}, "", "1007"},
		{"rubbish", false, []string{"ff ff ff ff ff ff"}, "", "1007"},
	} {
		f := newUnpacker(terms{serverForgets: row.forgets, serverBits: 15})
		var got []string
		var problem *ProtocolError
		for _, m := range row.messages {
			b, err := f.unpack(unhex(t, m), -1, true)
			if err != nil {
				problem = err
				break
			}
			got = append(got, string(b))
		}
		if strings.Join(got, " ") != row.want || (problem != nil) != (row.problem != "") || problem != nil && !strings.Contains(problem.Error(), row.problem) {
			t.Errorf("%s: got %q, %v, want %q, %q", row.name, got, problem, row.want, row.problem)
		}
	}
}

// A peer's context of any size, over many messages.
func TestUnpackKeepsTheWindow(t *testing.T) {
	for _, bits := range []int{8, 9, 12, 15} {
		r := rand.New(rand.NewPCG(3, uint64(bits)))
		peer := newPacker(terms{clientBits: bits}, compressionTakeover, 1)
		f := newUnpacker(terms{serverBits: bits}).(*inflater)
		for i := range 100 {
			message := jsonLike(r, 1+r.IntN(1<<r.IntN(17)))
			packed, _ := peer.pack(message)
			if got, err := f.unpack(packed, -1, false); err != nil || !bytes.Equal(got, message) {
				t.Fatalf("%d bits, message %d of %d bytes: %v", bits, i, len(message), err)
			}
			if cap(f.window) > 2<<bits {
				t.Fatalf("%d bits: the window takes %d bytes", bits, cap(f.window))
			}
		}
		peer.drop()
	}
}

func TestUnpackChecksTextAsItComes(t *testing.T) {
	p := newPacker(terms{clientForgets: true, clientBits: 15}, compressionPooled, 1)
	for _, row := range []struct {
		text string
		ok   bool
	}{
		{strings.Repeat("é€😀", 20000), true},
		{"x" + strings.Repeat("é", 40000), true}, // characters across the borders of what comes at once
		{strings.Repeat("a", 100000) + "\xff", false},
		{strings.Repeat("a", 100000) + "\xc3", false},
		{"\xff" + strings.Repeat("a", 100000), false},
	} {
		packed, _ := p.pack([]byte(row.text))
		b, err := newUnpacker(terms{serverBits: 15}).unpack(packed, -1, true)
		if row.ok != (err == nil) || row.ok && string(b) != row.text || !row.ok && err.Code != 1007 {
			t.Errorf("%.10q…: got %d bytes, %v", row.text, len(b), err)
		}
		if b, err := newUnpacker(terms{serverBits: 15}).unpack(packed, -1, false); err != nil || string(b) != row.text {
			t.Errorf("as binary: %.10q…: got %d bytes, %v", row.text, len(b), err)
		}
		p.done()
	}
}

// bomb is a message of n zeros, compressed.
func bomb(n int) []byte {
	p := newPacker(terms{clientBits: 15, clientForgets: true}, compressionPooled, 1)
	defer p.done()
	packed, _ := p.pack(make([]byte, n))
	return bytes.Clone(packed)
}

func TestBombEndsAtTheReadLimitWithoutTheMemory(t *testing.T) {
	packed := bomb(32 << 20)
	for _, limit := range []int64{0, 1, 1 << 10, 1 << 20} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b, err := newUnpacker(terms{serverBits: 15}).unpack(packed, limit, true)
		runtime.ReadMemStats(&after)
		if b != nil || err == nil || err.Code != 1009 {
			t.Errorf("limit %d: got %d bytes, %v", limit, len(b), err)
		}
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > 4*limit+int64(len(packed))+2<<20 {
			t.Errorf("limit %d: %d bytes were allocated", limit, took)
		}
	}
	if b, err := newUnpacker(terms{serverBits: 15}).unpack(bomb(1<<20), 1<<20, false); err != nil || len(b) != 1<<20 {
		t.Errorf("at the limit: got %d bytes, %v", len(b), err)
	}
}

// What can't be compressed becomes longer: the limit is of the message, not of what carries it.
func TestReadLimitIsOfTheMessage(t *testing.T) {
	const size = 300000
	var stored []byte
	for left := size; left > 0; left -= min(left, 65535) {
		n := min(left, 65535)
		stored = append(stored, 0, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		stored = append(stored, make([]byte, n)...)
	}
	stored = append(stored, 0)
	for _, row := range []struct {
		limit int64
		ok    bool
	}{{size, true}, {size - 1, false}} {
		var got int
		p := parser{limit: row.limit, unpack: newUnpacker(terms{serverBits: 15})}
		o := outbox{}
		o.packed(opBinary, stored, 0)
		var err *ProtocolError
		for _, c := range o.chunks {
			if err == nil {
				_, err = p.parse(bytes.Clone(c.buf))
			}
		}
		if out := p.takeOut(); out != nil {
			got = len(out.list[0].bytes)
		}
		if (err == nil) != row.ok || row.ok && got != size || !row.ok && err.Code != 1009 {
			t.Errorf("limit %d: got %d bytes, %v", row.limit, got, err)
		}
	}
}

// RFC 7692 6: RSV1 stands on the first frame of a message, and nowhere else.
func TestReservedBitsWithCompression(t *testing.T) {
	hello := "\xf2\x48\xcd\xc9\xc9\x07\x00"
	frame := func(first byte, payload string) string { return string([]byte{first, byte(len(payload))}) + payload }
	for _, row := range []struct {
		name, bytes, want string
	}{
		{"compressed", frame(0xc1, hello), "Hello"},
		{"not compressed", frame(0x81, "plain"), "plain"},
		{"one and the other", frame(0xc1, hello) + frame(0x81, "plain") + frame(0xc2, hello), "Hello plain Hello"},
		{"fragments", frame(0x41, hello[:3]) + frame(0x00, hello[3:4]) + frame(0x00, "") + frame(0x80, hello[4:]), "Hello"},
		{"a ping between", frame(0x41, hello[:3]) + frame(0x89, "p") + frame(0x80, hello[3:]), "Hello"},
		{"an empty last fragment", frame(0x41, hello) + frame(0x80, ""), "Hello"},
		{"RSV1 on a continuation", frame(0x41, hello[:3]) + frame(0xc0, hello[3:]), "1002"},
		{"RSV1 on a ping", frame(0xc9, ""), "1002"},
		{"RSV1 on Close", frame(0xc8, ""), "1002"},
		{"RSV2", frame(0xa1, "x"), "1002"},
		{"RSV1 and RSV3", frame(0xd1, hello), "1002"},
	} {
		for _, step := range []int{1, 2, 1 << 20} {
			p := parser{limit: -1, unpack: newUnpacker(terms{serverBits: 15}), pong: func([]byte) {}}
			var err *ProtocolError
			buf := []byte{}
			for rest := row.bytes; rest != "" && err == nil; {
				n := min(step, len(rest))
				buf, rest = append(buf, rest[:n]...), rest[n:]
				var used int
				used, err = p.parse(buf)
				buf = append([]byte{}, buf[used:]...)
			}
			got := ""
			if out := p.takeOut(); out != nil {
				for _, in := range out.list {
					got += " " + string(in.bytes)
				}
			}
			if err != nil {
				got = strconv.Itoa(int(err.Code))
			}
			if strings.TrimSpace(got) != row.want {
				t.Errorf("%s, in steps of %d: got %q, want %q", row.name, step, got, row.want)
			}
		}
	}
}

// compressing is a play whose peer agrees to compression.
func compressing(t *testing.T, on does, c Config) *play {
	p := newPlay(t, on, c)
	p.peer.line = "Sec-WebSocket-Extensions: permessage-deflate"
	return p.begin()
}

// What a message is on the wire is not what it counts.
func TestBufferedCountsTheMessageNotWhatCarriesIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := compressing(t, nil, Config{CompressionThreshold: 100})
		p.peer.take(0)
		p.c.SendText(strings.Repeat("a", 10000))
		p.c.SendText("short")
		if n := p.c.Buffered(); n != 10005 {
			t.Errorf("got %d buffered, want 10005", n)
		}
		p.peer.take(-1)
		if err := p.c.Wait(t.Context().Done(), 0); err != nil {
			t.Error(err)
		}
		p.peer.mu.Lock()
		sent := string(p.peer.sent)
		p.peer.mu.Unlock()
		if len(sent) > 200 || sent[0] != 0xc1 || !strings.Contains(p.peer.request, "\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n") {
			t.Errorf("got %d bytes, the first is %x, of a request %s", len(sent), sent[0], p.peer.request)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
		p.c.SendText(strings.Repeat("a", 10000))
		if n := p.c.Buffered(); n != 10000 {
			t.Errorf("got %d buffered after the end, want 10000", n)
		}
	})
}

func TestCompressedMessagesAreDelivered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := compressing(t, nil, Config{})
		p.peer.give("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00", "\x41\x01\xf2", "\x80\x04\x00\x11\x00\x00")
		p.want("open text:Hello text:Hello text:Hello")
		p.peer.give("\xc1\x01\x07")
		p.untilEnd()
		p.want("open text:Hello text:Hello text:Hello closed:1006::false")
		p.wantFrames("close:1007:" + p.failure.(*ProtocolError).Problem)
	})
}

func TestNoCompressionIsNotOffered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newPlay(t, nil, Config{Compression: noCompression}).begin()
		if strings.Contains(p.peer.request, "Extensions") {
			t.Errorf("got %s", p.peer.request)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

func TestCompressionsThatAreNone(t *testing.T) {
	for _, c := range []Config{{Compression: -1}, {Compression: 3}, {CompressionThreshold: -1}} {
		if _, err := c.Over(nil)("ws://h/", nil, new(play)); err == nil || !strings.Contains(err.Error(), "Compression") {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}

// Many goroutines share one context, and the peer must read it as one.
func TestGoroutinesShareTheContext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := compressing(t, nil, Config{Compression: compressionTakeover})
		const senders, each = 4, 50
		var group sync.WaitGroup
		for i := range senders {
			group.Go(func() {
				r := rand.New(rand.NewPCG(5, uint64(i)))
				for range each {
					p.c.SendBinary(jsonLike(r, 100+r.IntN(1000)))
				}
			})
		}
		group.Wait()
		p.c.Wait(t.Context().Done(), 0)
		synctest.Wait()
		p.peer.mu.Lock()
		sent := bytes.Clone(p.peer.sent)
		p.peer.mu.Unlock()
		n := 0
		server := parser{masked: true, limit: -1, unpack: newUnpacker(terms{serverBits: 15})}
		if _, err := server.parse(sent); err != nil {
			t.Error(err)
		}
		for _, in := range server.takeOut().list {
			if n++; !strings.HasPrefix(string(in.bytes), `{"`) {
				t.Errorf("got %.20q", in.bytes)
			}
		}
		if n != senders*each {
			t.Errorf("got %d messages, want %d", n, senders*each)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}
