package native

import (
	"testing"
	"unicode/utf8"
)

var texts = []string{
	"", "a", "Hello", "κόσμε", "é€😀", "日本語 and more", "\x00\x7F", "\u0080\u07FF\u0800\uFFFF\U00010000\U0010FFFF",
	"\uD7FF\uE000\uFFFD\uFFFE", // around the surrogates
	"\x80", "a\xBFb", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE2\x82", "\xE2(\xA1", "\xE2\x82(", "\xE0\x80\x80", "\xE0\x9F\xBF",
	"\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF0\x28\x8C\xBC", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
	"\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "ok\xF0\x9F\x98", "😀\xF0\x9F\x98\x80\x80", "κ\xCE\xCE",
}

func TestTextInAnyPiecesIsJudgedAsTheWhole(t *testing.T) {
	for _, s := range texts {
		want := utf8.ValidString(s)
		for i := range len(s) + 1 {
			for j := i; j <= len(s); j++ {
				var u utf8Stream
				got := u.feed([]byte(s[:i])) && u.feed([]byte(s[i:j])) && u.feed([]byte(s[j:])) && u.done()
				if got != want {
					t.Errorf("%q cut at %d and %d: got %t, want %t", s, i, j, got, want)
				}
			}
		}
	}
}

func TestBadTextIsFoundAtTheFirstBadByte(t *testing.T) {
	for _, row := range []struct {
		s   string
		bad int // -1: never
	}{
		{"good", -1}, {"é€😀", -1},
		{"a\xFFb", 1}, {"\x80", 0}, {"ab\xBF", 2},
		{"\xC0\x80", 0}, {"\xC1\x80", 0}, // overlong, which the first byte shows
		{"\xE0\x80\x80", 1}, {"\xF0\x80\x80\x80", 1}, // which the second shows
		{"\xED\xA0\x80", 1}, {"\xED\xBF\xBF", 1}, // surrogates
		{"\xF4\x90\x80\x80", 1}, {"\xF5\x80\x80\x80", 0}, // beyond U+10FFFF
		{"\xC3(", 1}, {"\xE2(\xA1", 1}, {"\xE2\x82(", 2}, {"\xF0\x9F\x98(", 3},
		{"κόσμε\xF4\x90\x80\x80edited", 11},
		{"\xC3", -1}, {"\xE2\x82", -1}, {"\xF0\x9F\x98", -1}, // not bad, but cut
	} {
		if got := firstBad(row.s); got != row.bad {
			t.Errorf("%q: got byte %d, want %d", row.s, got, row.bad)
		}
		for i := range len(row.s) { // and whatever came before in one piece
			var u utf8Stream
			if got, want := u.feed([]byte(row.s[:i])), row.bad < 0 || i <= row.bad; got != want {
				t.Errorf("%q up to %d: got %t, want %t", row.s, i, got, want)
			}
		}
	}
}

// firstBad feeds byte by byte.
func firstBad(s string) int {
	var u utf8Stream
	for i := range len(s) {
		if !u.feed([]byte{s[i]}) {
			return i
		}
	}
	return -1
}

func TestUnfinishedCharacterIsNotDone(t *testing.T) {
	for _, s := range []string{"\xC3", "\xE2", "\xE2\x82", "a\xF0\x9F\x98"} {
		var u utf8Stream
		if !u.feed([]byte(s)) || u.done() {
			t.Errorf("%q: want it taken and not done", s)
		}
	}
}
