package native

import (
	"slices"
	"strconv"
	"strings"
)

// Compression says what is done with permessage-deflate (RFC 7692): websocket.Compression.
type Compression int

const (
	compressionPooled Compression = iota
	compressionTakeover
	noCompression
)

// deflateOffer is what Chromium offers. Whether this side keeps its context is its own affair: RFC 7692 7.1.1.2.
const deflateOffer = "permessage-deflate; client_max_window_bits"

// terms are what both sides agreed on: RFC 7692 7.1.
type terms struct {
	serverForgets, clientForgets bool // server_no_context_takeover, client_no_context_takeover
	serverBits, clientBits       int  // of the LZ77 windows: 8 to 15
}

// A packer compresses messages, an unpacker decompresses them. Neither is used by two goroutines at once.
type (
	packer interface {
		// worth reports whether a message of n bytes is long enough.
		worth(n int) bool
		// pack returns what goes into a frame with RSV1, valid until done, or false if p is better sent as it is.
		pack(p []byte) (packed []byte, ok bool)
		done()
		// drop leaves nothing behind.
		drop()
	}
	unpacker interface {
		// unpack returns a message of at most limit bytes, if that is not negative, and checks that a text is UTF-8.
		unpack(packed []byte, limit int64, text bool) ([]byte, *ProtocolError)
	}
)

// extension is one element of a Sec-WebSocket-Extensions header: RFC 6455 9.1.
type extension struct {
	name   string
	params []param
}

type param struct {
	name, value string
	valued      bool
}

// parseExtensions reads the values of Sec-WebSocket-Extensions headers, which are one list.
func parseExtensions(values []string) (list []extension, ok bool) {
	for _, v := range values {
		for _, element := range splitQuoted(v, ',') {
			if element == "" { // RFC 9110 5.6.1.2: an empty element is none
				continue
			}
			parts := splitQuoted(element, ';')
			e := extension{name: parts[0]}
			if !isToken(e.name) {
				return nil, false
			}
			for _, part := range parts[1:] {
				p, ok := parseParam(part)
				if !ok {
					return nil, false
				}
				e.params = append(e.params, p)
			}
			list = append(list, e)
		}
	}
	return list, len(list) > 0
}

// parseParam reads NAME, NAME=TOKEN or NAME="TOKEN".
func parseParam(s string) (p param, ok bool) {
	p.name, p.value, p.valued = strings.Cut(s, "=")
	p.name, p.value = strings.Trim(p.name, " \t"), strings.Trim(p.value, " \t")
	if n := len(p.value); n >= 2 && p.value[0] == '"' && p.value[n-1] == '"' {
		p.value = unquote(p.value[1 : n-1])
	}
	return p, isToken(p.name) && (!p.valued || isToken(p.value))
}

// unquote resolves the quoted pairs of a quoted string: RFC 9110 5.6.4.
func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// splitQuoted splits s at the separators that are not in a quoted string, and trims the parts.
func splitQuoted(s string, separator byte) (parts []string) {
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case quoted && s[i] == '\\':
			i++
		case !quoted && s[i] == separator:
			parts = append(parts, strings.Trim(s[start:i], " \t"))
			start = i + 1
		}
	}
	return append(parts, strings.Trim(s[start:], " \t"))
}

// extensions checks the server's choice against the offer: RFC 6455 9.1 and RFC 7692 7.1. No terms: nothing is compressed.
func (r *response) extensions(offered bool) (value string, agreed *terms, err error) {
	const name = "Sec-WebSocket-Extensions"
	values, found := r.header[canonical(name)]
	if !found {
		return "", nil, nil
	}
	value = strings.Join(values, ", ")
	refuse := func(problem string) (string, *terms, error) {
		return "", nil, r.refuse("got " + name + ": " + quote(value) + ", " + problem)
	}
	list, ok := parseExtensions(values)
	switch {
	case !offered:
		return refuse("and none was offered")
	case !ok:
		return refuse("which is no list of extensions")
	case slices.ContainsFunc(list, func(e extension) bool { return e.name != "permessage-deflate" }):
		return refuse("and only permessage-deflate was offered")
	case len(list) > 1:
		return refuse("want permessage-deflate once")
	}
	agreed, problem := deflateTerms(list[0].params)
	if problem != "" {
		return refuse(problem)
	}
	return value, agreed, nil
}

// deflateTerms reads the parameters of an answer to deflateOffer. RFC 7692 7.1: each at most once, and no other. A server may
// choose any of them, and leave out what was offered.
func deflateTerms(params []param) (t *terms, problem string) {
	t = &terms{serverBits: 15, clientBits: 15}
	for i, p := range params {
		if slices.ContainsFunc(params[:i], func(q param) bool { return q.name == p.name }) {
			return nil, "with " + p.name + " twice"
		}
		ok := false
		switch p.name {
		case "server_no_context_takeover":
			t.serverForgets, ok = true, !p.valued
		case "client_no_context_takeover":
			t.clientForgets, ok = true, !p.valued
		case "server_max_window_bits":
			t.serverBits, ok = windowBits(p)
		case "client_max_window_bits":
			t.clientBits, ok = windowBits(p)
		default:
			return nil, "and there is no parameter " + p.name
		}
		if !ok {
			return nil, "in which the value of " + p.name + " can't be"
		}
	}
	return t, ""
}

// windowBits reads 8 to 15 with no leading zero: RFC 7692 7.1.2.
func windowBits(p param) (bits int, ok bool) {
	bits, err := strconv.Atoi(p.value)
	return bits, err == nil && 8 <= bits && bits <= 15 && p.value == strconv.Itoa(bits)
}
