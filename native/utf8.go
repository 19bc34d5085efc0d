package native

import "unicode/utf8"

func validUTF8(b []byte) bool { return utf8.Valid(b) }

// utf8Stream checks a text that comes in pieces, and knows at the first bad byte. The zero value is at the start of a text.
type utf8Stream struct {
	part [utf8.UTFMax]byte // an encoding that the next piece continues
	n    int
}

// feed checks the next piece and reports whether the text can still be valid.
func (u *utf8Stream) feed(b []byte) bool {
	for u.n > 0 && len(b) > 0 {
		u.part[u.n] = b[0]
		u.n++
		b = b[1:]
		if utf8.FullRune(u.part[:u.n]) { // complete, or invalid
			if !utf8.Valid(u.part[:u.n]) {
				return false
			}
			u.n = 0
		}
	}
	whole := len(b) - incomplete(b)
	u.n += copy(u.part[u.n:], b[whole:])
	return utf8.Valid(b[:whole])
}

// done reports whether the text ends here with a whole character.
func (u *utf8Stream) done() bool { return u.n == 0 }

// incomplete returns the length of the encoding that b's end breaks off, 0 if it does not.
func incomplete(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// invalidText is the error for text that is not UTF-8: RFC 6455 8.1, 1007.
func invalidText(where string) *ProtocolError {
	return &ProtocolError{Code: 1007, Problem: "got invalid UTF-8 in " + where}
}
