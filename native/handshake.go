package native

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// request is the opening handshake of a client: RFC 6455 4.1.
type request struct {
	host, resource string
	origin         string // "" for none
	protocols      []string
	header         map[string][]string
	key            string
	offersDeflate  bool
	tracer         Tracer                       // may be nil
	answered       func(*response) (again bool) // is told the final answer, and says if it will be asked for again; may be nil
}

// newKey makes the nonce: 16 random bytes in base64.
func newKey() string {
	var b [16]byte
	store64(b[:8], rand.Uint64())
	store64(b[8:], rand.Uint64())
	return base64.StdEncoding.EncodeToString(b[:])
}

// acceptKey is the answer that proves that the server speaks the protocol: RFC 6455 4.2.2, 5.4.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// bytes writes the request.
func (r *request) bytes() []byte {
	var b strings.Builder
	line := func(name, value string) { b.WriteString(name + ": " + value + "\r\n") }
	b.WriteString("GET " + r.resource + " HTTP/1.1\r\n")
	if len(lookup(r.header, "Host")) == 0 {
		line("Host", r.host)
	}
	line("Upgrade", "websocket")
	line("Connection", "Upgrade")
	line("Sec-WebSocket-Key", r.key)
	line("Sec-WebSocket-Version", "13")
	if r.origin != "" {
		line("Origin", r.origin)
	}
	if len(r.protocols) > 0 {
		line("Sec-WebSocket-Protocol", strings.Join(r.protocols, ", "))
	}
	if r.offersDeflate {
		line("Sec-WebSocket-Extensions", deflateOffer)
	}
	for name, values := range r.header {
		for _, v := range values {
			line(name, v)
		}
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// checkHeader refuses what would break the request or is not the program's to set.
func checkHeader(header map[string][]string, origin string) error {
	if strings.ContainsFunc(origin, isControl) {
		return optionError("got a control character in the origin " + quote(origin))
	}
	seen := make(map[string]bool, len(header))
	for name, values := range header {
		lower := strings.ToLower(name)
		switch {
		case !isToken(name):
			return optionError("got the header name " + quote(name) + ", want a token of RFC 9110")
		case strings.HasPrefix(lower, "sec-websocket-"),
			slices.Contains([]string{"upgrade", "connection", "content-length", "transfer-encoding"}, lower):
			return optionError("got the header " + name + ", which belongs to the handshake")
		case lower == "host" && len(values) > 1, lower == "origin" && origin != "", seen[lower]:
			return optionError("got the header " + name + " more than once")
		}
		seen[lower] = true
		for _, v := range values {
			if strings.ContainsFunc(v, isControl) {
				return optionError("got a control character in the header " + name)
			}
		}
	}
	return nil
}

// isControl reports whether no header's value may hold the character: RFC 9110 5.5.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

// cloneHeader copies a header, which is the program's to change.
func cloneHeader(header map[string][]string) map[string][]string {
	clone := maps.Clone(header)
	for name, values := range clone {
		clone[name] = slices.Clone(values)
	}
	return clone
}

func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= 0x20 || c >= 0x7F || strings.IndexByte("()<>@,;:\\\"/[]?={}", c) >= 0 {
			return false
		}
	}
	return s != ""
}

// lookup finds a header whatever its name's case.
func lookup(header map[string][]string, name string) []string {
	for n, v := range header {
		if strings.EqualFold(n, name) {
			return v
		}
	}
	return nil
}

// response is the head of a server's answer.
type response struct {
	version string
	status  int
	reason  string
	header  map[string][]string
}

// parseResponse reads a head that ends with an empty line.
func parseResponse(head string) (*response, error) {
	first, rest, _ := strings.Cut(head, "\n")
	r := &response{header: map[string][]string{}}
	version, status, ok := strings.Cut(strings.TrimSuffix(first, "\r"), " ")
	code, reason, _ := strings.Cut(status, " ")
	n, err := strconv.ParseUint(code, 10, 16)
	if !ok || !strings.HasPrefix(version, "HTTP/") || err != nil || len(code) != 3 || n < 100 || n > 599 {
		return nil, r.refuse("got the status line " + quote(first) + ", want HTTP/1.1 101 …")
	}
	r.version, r.status, r.reason = version, int(n), reason
	for line := range strings.Lines(unfold(rest)) {
		line = strings.TrimSuffix(line, "\n")
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) || strings.ContainsAny(value, "\x00\r") { // RFC 9110 5.5
			return nil, r.refuse("got the header line " + quote(line) + ", want NAME: VALUE")
		}
		name = canonical(name)
		r.header[name] = append(r.header[name], strings.Trim(value, " \t"))
	}
	return r, nil
}

// unfold has a continued line follow on its first, and all lines end in LF: RFC 9112 5.2 and 2.2.
func unfold(lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		if b.Len() > 0 && line[0] != ' ' && line[0] != '\t' {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"))
	}
	return b.String()
}

// quote quotes what a server sent, and not too much of it.
func quote(s string) string { return strconv.Quote(cut(s, 100)) }

// canonical writes a header's name as net/http does: Sec-Websocket-Accept.
func canonical(name string) string {
	b := []byte(strings.ToLower(name))
	for i := range b {
		if (i == 0 || b[i-1] == '-') && 'a' <= b[i] && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

func (r *response) refuse(problem string) error {
	return &HandshakeError{Status: r.status, Header: r.header, Problem: problem}
}

// one returns a header's only value.
func (r *response) one(name string) (string, error) {
	switch v := r.header[canonical(name)]; len(v) {
	case 0:
		return "", r.refuse("got no " + name + " header, want one")
	case 1:
		return v[0], nil
	default:
		return "", r.refuse("got the header " + name + " " + strconv.Itoa(len(v)) + " times, want it once")
	}
}

// check applies the rules of RFC 6455 4.1 and of the WebSockets Standard (2, establish a connection) to the answer.
func (r *response) check(q *request) (l link, err error) {
	if r.status != 101 {
		return l, r.refuse("got status " + strconv.Itoa(r.status) + " " + r.reason + ", want 101 Switching Protocols")
	}
	if r.version != "HTTP/1.1" {
		return l, r.refuse("got " + r.version + ", want HTTP/1.1")
	}
	if upgrade, err := r.one("Upgrade"); err != nil {
		return l, err
	} else if !sameToken(upgrade, "websocket") {
		return l, r.refuse("got Upgrade: " + quote(upgrade) + ", want websocket")
	}
	if !hasToken(r.header["Connection"], "upgrade") {
		return l, r.refuse("got Connection: " + quote(strings.Join(r.header["Connection"], ", ")) + ", want Upgrade")
	}
	if accept, err := r.one("Sec-WebSocket-Accept"); err != nil {
		return l, err
	} else if want := acceptKey(q.key); accept != want {
		return l, r.refuse("got Sec-WebSocket-Accept: " + quote(accept) + ", want " + want)
	}
	if l.extensions, l.terms, err = r.extensions(q.offersDeflate); err != nil {
		return l, err
	}
	l.protocol, err = r.protocol(q.protocols)
	return l, err
}

// protocol is WebSockets Standard, 2: a subprotocol must be chosen if and only if some were offered.
func (r *response) protocol(offered []string) (string, error) {
	const name = "Sec-WebSocket-Protocol"
	if len(offered) == 0 {
		if v, ok := r.header[canonical(name)]; ok {
			return "", r.refuse("got " + name + ": " + quote(strings.Join(v, ", ")) + ", and none was offered")
		}
		return "", nil
	}
	chosen, err := r.one(name)
	if err == nil && !slices.Contains(offered, chosen) {
		err = r.refuse("got " + name + ": " + quote(chosen) + ", want one of " + strings.Join(offered, ", "))
	}
	return chosen, err
}

// hasToken reports whether a list header holds the token, in any case.
func hasToken(values []string, token string) bool {
	for _, v := range values {
		for t := range strings.SplitSeq(v, ",") {
			if sameToken(strings.Trim(t, " \t"), token) {
				return true
			}
		}
	}
	return false
}

// sameToken compares tokens in any case, which is ASCII's: to EqualFold alone a long s is an s.
func sameToken(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// maxHead bounds the head of an answer; it is Chromium's bound.
const maxHead = 256 << 10

// upgrade exchanges the opening handshake over a carrier. If ctx ends first it aborts the carrier.
func upgrade(ctx context.Context, carrier io.ReadWriteCloser, q *request) (l link, err error) {
	hangUp := sync.OnceFunc(func() { abort(carrier) })
	stop := context.AfterFunc(ctx, hangUp)
	defer func() {
		if !stop() {
			err = context.Cause(ctx)
		}
		if err != nil || l.carrier == nil { // the tracer may have ended this goroutine
			hangUp()
		}
	}()
	r, rest, err := exchange(carrier, q.bytes(), q.tracer, hangUp)
	if err != nil {
		return l, err
	}
	again := q.answered != nil && q.answered(r)
	l, err = r.check(q)
	l.carrier, l.rest = carrier, rest
	if !again {
		err = withBody(err, r, carrier, rest, hangUp)
	}
	return l, err
}

// exchange sends a request and reads the final answer.
func exchange(carrier io.ReadWriter, head []byte, tracer Tracer, hangUp func()) (r *response, rest []byte, err error) {
	if _, err := carrier.Write(head); err != nil {
		return lastWords(carrier, tracer, hangUp, &phaseError{"send the handshake", err})
	}
	if tracer != nil {
		tracer.Request(string(head))
	}
	return readResponse(carrier, tracer)
}

// readResponse reads the final answer. RFC 9110 15.2: interim ones may come before it; together they are bounded as one.
func readResponse(carrier io.Reader, tracer Tracer) (r *response, rest []byte, err error) {
	buf := make([]byte, 0, firstBuffer)
	for room := maxHead; ; {
		var head string
		if head, buf, err = readHead(carrier, buf, room); err != nil {
			return nil, nil, err
		}
		room -= len(head)
		if tracer != nil {
			tracer.Response(head)
		}
		if r, err = parseResponse(head); err != nil {
			return nil, nil, err
		}
		if r.status >= 200 || r.status == 101 {
			return r, buf, nil
		}
	}
}

// readHead reads to the empty line and returns what lies beyond it as the new buf. A head is at most room long.
func readHead(carrier io.Reader, buf []byte, room int) (head string, rest []byte, err error) {
	for looked := 0; ; {
		n := headEnd(buf, looked)
		if n > room || n == 0 && len(buf) > room {
			return "", nil, &HandshakeError{Problem: "got more than " + strconv.Itoa(maxHead) + " bytes of headers"}
		}
		if n > 0 {
			return string(buf[:n]), slices.Clone(buf[n:]), nil
		}
		looked = len(buf)
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return "", nil, &phaseError{"read the handshake's answer", err}
		}
		buf = slices.Grow(buf, firstBuffer/4)
		n, err = carrier.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
	}
}

// headEnd returns the length of the head in b, 0 if its end is not there. The first looked bytes are known to have none. Lines
// may end in a bare LF: RFC 9112 2.2.
func headEnd(b []byte, looked int) int {
	for i := max(looked, 1); i < len(b); i++ {
		if b[i] == '\n' && (b[i-1] == '\n' || i > 1 && b[i-1] == '\r' && b[i-2] == '\n') {
			return i + 1
		}
	}
	return 0
}

// target is a serialized ws or wss URL, taken apart.
type target struct {
	secure   bool
	userinfo string // still percent-encoded
	host     string // host, or host:port if it is not the default
	resource string // RFC 6455 3: the path, and the query if it is not empty
}

func parseTarget(url string) target {
	scheme, rest, _ := strings.Cut(url, "://")
	authority, path, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(authority, "@")
	if p, query, _ := strings.Cut(path, "?"); query == "" {
		path = p
	}
	return target{
		secure:   scheme == "wss",
		userinfo: authority[:max(at, 0)],
		host:     authority[at+1:],
		resource: "/" + path,
	}
}
