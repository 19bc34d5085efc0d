package websocket

import "unicode/utf8"

// Part of this is in package strings and in strconv, which a program for a browser carries with tables of all characters: 15 KB of
// wasm, and 20.

// index returns where c is in s first, or -1.
func index(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// cut returns what is before the first c and what is behind it, or s and nothing.
func cut(s string, c byte) (before, after string) {
	if i := index(s, c); i >= 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// trim returns s without the spaces and line ends around it.
func trim(s string) string {
	blank := func(c byte) bool { return index(" \t\r\n", c) >= 0 }
	for s != "" && blank(s[0]) {
		s = s[1:]
	}
	for s != "" && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// lower returns s with ASCII's letters in lower case.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

// validText returns s with each invalid byte made U+FFFD, which is what ranging over it does.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	b := make([]byte, 0, len(s)+len(s)/2)
	for _, r := range s {
		b = append(b, string(r)...)
	}
	return string(b)
}

// decodeUTF8 is the Encoding Standard's "UTF-8 decode": https://encoding.spec.whatwg.org/#utf-8-decode. What is not UTF-8
// becomes one U+FFFD for each longest beginning of a character.
func decodeUTF8(b []byte) string {
	const byteOrderMark = "\uFEFF"
	if len(b) >= 3 && string(b[:3]) == byteOrderMark {
		b = b[3:]
	}
	if utf8.Valid(b) {
		return string(b)
	}
	text := make([]byte, 0, len(b)+utf8.UTFMax)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			for n < len(b) && !utf8.FullRune(b[:n+1]) { // b[:n+1] could still have become a character
				n++
			}
		}
		text, b = utf8.AppendRune(text, r), b[n:]
	}
	return string(text)
}

// quote quotes what a message shows of the program's or the peer's.
//
//go:noinline
func quote(s string) string { // which in line would be in many places
	const hex = "0123456789abcdef"
	b := []byte{'"'}
	for _, r := range s { // what is not valid becomes U+FFFD
		piece := string(r)
		switch {
		case r == '"' || r == '\\':
			piece = "\\" + piece
		case r < ' ' || r == 0x7F:
			piece = "\\x" + hex[r>>4:r>>4+1] + hex[r&15:r&15+1]
		}
		b = append(b, piece...)
	}
	return string(b) + "\""
}
