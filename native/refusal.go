//go:build !js

package native

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxRefusal  = 1 << 10                // bytes kept of the body of a refusal
	refusalTime = 250 * time.Millisecond // how long they are waited for: they come with the head, or hardly later
)

// withBody adds the first bytes of the body to the error if that is a refusal whose body is HTTP's. It waits for them, but not
// for long.
func withBody(err error, r *response, carrier io.Reader, rest []byte, hangUp func()) error {
	refused, ok := err.(*HandshakeError)
	if !ok || r.status < 200 || r.status == 204 || r.status == 304 { // RFC 9112 6.3
		return err
	}
	late := time.AfterFunc(refusalTime, hangUp)
	defer late.Stop()
	refused.Body = r.readBody(carrier, rest)
	return err
}

// lastWords reads what a peer said before it stopped reading, such as an answer that did not wait for the request's end, or the
// alert that a certificate is wanted, and returns unsent if that is nothing.
func lastWords(carrier io.Reader, tracer Tracer, hangUp func(), unsent error) (*response, []byte, error) {
	late := time.AfterFunc(refusalTime, hangUp)
	r, rest, err := readResponse(carrier, tracer)
	switch {
	case !late.Stop(), errors.Is(err, io.ErrUnexpectedEOF), err == nil && r.status == 101:
		return nil, nil, unsent
	}
	return r, rest, err
}

// readBody reads until the body is whole, or enough, or nothing more comes.
func (r *response) readBody(carrier io.Reader, raw []byte) []byte {
	for {
		body, whole := r.body(raw)
		if whole || len(body) >= maxRefusal || len(raw) >= 8*maxRefusal { // chunks of one byte take six
			return body[:min(len(body), maxRefusal)]
		}
		raw = slices.Grow(raw, maxRefusal)
		n, err := carrier.Read(raw[len(raw):cap(raw)])
		raw = raw[:len(raw)+n]
		if err != nil {
			body, _ = r.body(raw)
			return body[:min(len(body), maxRefusal)]
		}
	}
}

// body returns what the bytes behind the head have of the body, and whether that is all of it: RFC 9112 6.3.
func (r *response) body(raw []byte) (body []byte, whole bool) {
	if coding := r.header["Transfer-Encoding"]; len(coding) > 0 {
		if hasToken(coding, "chunked") {
			return unchunk(raw)
		}
		return raw, false
	}
	if length := r.header["Content-Length"]; len(length) > 0 {
		if n, err := strconv.ParseUint(length[0], 10, 63); err == nil {
			return raw[:min(uint64(len(raw)), n)], uint64(len(raw)) >= n
		}
	}
	return raw, false
}

// unchunk returns what the chunks hold, and whether the last is there or what follows is none: RFC 9112 7.1.
func unchunk(raw []byte) (body []byte, whole bool) {
	for {
		line, _, found := strings.Cut(string(raw[:min(len(raw), 100)]), "\n")
		if !found {
			return body, len(line) == 100
		}
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.Trim(size, " \t\r"), 16, 31)
		if err != nil || n == 0 {
			return body, true
		}
		raw = raw[len(line)+1:]
		if uint64(len(raw)) <= n {
			return append(body, raw...), false
		}
		body, raw = append(body, raw[:n]...), raw[n:]
		// The chunk's own line end.
		if raw[0] == '\r' {
			raw = raw[1:]
		}
		if len(raw) > 0 && raw[0] == '\n' {
			raw = raw[1:]
		}
	}
}

// excerpt quotes the beginning of a body that is text; "" is one that is not.
func excerpt(body []byte) string {
	s := strings.Trim(cut(string(body), 100), " \t\r\n")
	if s == "" || !utf8.ValidString(s) {
		return ""
	}
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' {
			return ""
		}
	}
	return strconv.Quote(s)
}
