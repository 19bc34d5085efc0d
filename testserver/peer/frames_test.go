//go:build !js

package peer

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAppendFrame(t *testing.T) {
	for _, test := range []struct {
		size int
		want string
	}{
		{0, "8200"}, {125, "827d"}, {126, "827e007e"}, {65535, "827effff"}, {65536, "827f0000000000010000"},
	} {
		got := appendFrame(nil, fin|opBinary, make([]byte, test.size))
		want(t, hex.EncodeToString(got[:len(got)-test.size]), test.want)
	}
}

func TestParseFrame(t *testing.T) {
	for _, test := range []struct{ bytes, want string }{
		{"", "0"},
		{"81", "0"},
		{"8183 01020304 6060", "0"},
		{"8183 01020304 606060 81", "9: 81 true 0 616263"},
		{"8101 61", "3: 81 false 0 61"},
		{"82fe00", "0"},
		{"82fe0001 01020304 00", "9: 82 true 2 01"},
		{"82ff00000000000000", "0"},
		{"82ff0000000000000001 01020304 00", "15: 82 true 8 01"},
		{"82ff0000000080000001", "length 2147483649, want at most 2147483648"},
	} {
		f, n, err := parseFrame(unhex(t, test.bytes))
		got := fmt.Sprint(n)
		if n > 0 {
			got = fmt.Sprintf("%d: %x %t %d %x", n, f.first, f.masked, f.lengthN, f.payload)
		}
		if err != nil {
			got = err.Error()
		}
		want(t, got, test.want)
	}
}

// TestRecorder feeds whole and byte by byte.
func TestRecorder(t *testing.T) {
	long := strings.Repeat("x", 65)
	for _, test := range []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"text", masked(0x81, "hé"), "text:hé"},
		{"line feed", masked(0x81, "a\nb"), `text:a\nb`},
		{"binary", masked(0x82, "\x00\xff"), "binary:00ff"},
		{"64 bytes", masked(0x81, long[:64]), "text:" + long[:64]},
		{"long text", masked(0x81, long), "text#65:sha1=78c741ddc482e4cdf8c474a0876347a0905b6233"},
		{"long binary", masked(0x82, long), "binary#65:sha1=78c741ddc482e4cdf8c474a0876347a0905b6233"},
		{"16-bit length", masked(0x82, strings.Repeat("x", 126)), "binary#126:sha1=d1c4e44be298498fa09182acca33baf50b0abb36"},
		{"control", append(masked(0x89, "p"), masked(0x8A, "q")...), "ping:p pong:71"},
		{"close", masked(0x88, "\x03\xe8why"), "close:1000:why"},
		{"empty close", masked(0x88, ""), "close:"},
		{"fragments around a ping", slicesOf(masked(0x01, "a"), masked(0x89, ""), masked(0x00, "b"), masked(0x80, "c")), "ping: text:abc"},
		{"unmasked", unhex(t, "810161"), "unmasked text:a"},
		{"length in 2", unhex(t, "81fe0001 00000000 61"), "bad:length 1 written in 2 bytes text:a"},
		{"length in 8", unhex(t, "81ff0000000000000001 00000000 61"), "bad:length 1 written in 8 bytes text:a"},
		{"63rd bit", unhex(t, "82ff8000000000000000"), "bad:length 9223372036854775808, want at most 2147483648"},
		{"reserved bit", masked(0xC1, "a"), "bad:reserved bits 0x40 text:a"},
		{"opcode 3", masked(0x83, "a"), "bad:opcode 3 opcode3:61"},
		{"opcode 11", masked(0x8B, "a"), "bad:opcode 11 opcode11:61"},
		{"ping in fragments", masked(0x09, "a"), "bad:control frame in fragments ping:a"},
		{"long ping", masked(0x89, strings.Repeat("x", 126)), "bad:control frame of 126 bytes ping:" + strings.Repeat("x", 126)},
		{"close of a byte", masked(0x88, "x"), "bad:close body of 1 byte close:"},
		{"close code", masked(0x88, "\x03\xee"), "bad:close code 1006 close:1006:"},
		{"close reason", masked(0x88, "\x03\xe8\xff"), "bad:close reason not UTF-8 close:1000:\uFFFD"},
		{"after close", append(masked(0x88, ""), masked(0x81, "a")...), "close: bad:frame after Close text:a"},
		{"continuation", masked(0x80, "a"), "bad:continuation of nothing"},
		{"message inside", append(masked(0x01, "a"), masked(0x81, "b")...), "bad:new message inside another text:b"},
		{"not UTF-8", masked(0x81, "\xff"), "bad:text not UTF-8 text:\uFFFD"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var whole, bytewise recorder
			want(t, strings.Join(whole.feed(test.bytes), " "), test.want)
			var lines []string
			for i := range test.bytes {
				lines = append(lines, bytewise.feed(test.bytes[i:i+1])...)
			}
			want(t, strings.Join(lines, " "), test.want)
		})
	}
}

func slicesOf(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

func TestCloseBreach(t *testing.T) {
	for code, bad := range map[int]bool{
		0: true, 999: true, 1000: false, 1003: false, 1004: true, 1005: true, 1006: true, 1007: false,
		1014: false, 1015: true, 2999: true, 3000: false, 4999: false, 5000: true,
	} {
		if got := closeBreach(closeBody(code, "")); (got != "") != bad {
			t.Errorf("%d: got %q, want a breach: %t", code, got, bad)
		}
	}
}

func TestRecorderSeesARepeatedMask(t *testing.T) {
	for _, test := range []struct {
		keys string
		want string
	}{
		{"aa", ""}, {"aaa", "bad:mask repeated"}, {"aaaa", "bad:mask repeated"}, {"aaab", ""}, {"baaa", ""},
	} {
		var r recorder
		for _, key := range test.keys {
			r.feed(maskedWith([4]byte{byte(key)}, 0x81, "x"))
		}
		want(t, strings.Join(r.finish(), " "), test.want)
	}
}

func TestRecorderInflatesWithContext(t *testing.T) {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 9)
	r := recorder{collector: collector{deflate: true}}
	var lines []string
	for range 2 {
		out.Reset()
		w.Write([]byte("hello hello hello"))
		w.Flush()
		payload := strings.TrimSuffix(out.String(), "\x00\x00\xff\xff")
		lines = append(lines, r.feed(masked(0x41, payload[:3]))...)
		lines = append(lines, r.feed(masked(0x80, payload[3:]))...)
	}
	lines = append(lines, r.feed(masked(0x81, "plain"))...)
	lines = append(lines, r.feed(masked(0xC2, "\xff"))...)
	lines = append(lines, r.feed(slicesOf(masked(0x01, "a"), masked(0xC0, "b")))...)
	want(t, strings.Join(lines, "\n"), strings.Join([]string{
		"deflated:text:hello hello hello",
		"deflated:text:hello hello hello", // shorter: it refers to the first
		"text:plain",
		"bad:deflate: flate: corrupt input before offset 1",
		"deflated:binary:",
		"bad:RSV1 on a continuation",
		"text:ab",
	}, "\n"))
}
