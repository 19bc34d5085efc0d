package websocket

import (
	"strconv"
)

// A Dialer makes sockets with options. The zero Dialer has the defaults.
type Dialer struct {
	// Options are the engine's. They have the same fields on both engines; those that a browser can't honour give
	// ErrNotSupported there.
	Options

	// Engine, if set, opens the connection in place of the engine of this platform, for example native.Over.
	Engine Engine

	// Trace, if set, is told what the connection does. A socket copies it when it is made.
	Trace *Trace
}

// The values of [Options].Compression.
const (
	// CompressionPooled compresses each message on its own, with a compressor of a pool. It is the default. Where the server's
	// messages refer to those before, the connection keeps up to 64 KiB of them; that is the server's choice.
	CompressionPooled Compression = iota
	// CompressionTakeover lets messages refer to those before, unless the server forbids it: similar ones become shorter, and
	// the connection keeps a compressor of about 1 MB.
	CompressionTakeover
	// NoCompression does not offer it.
	NoCompression
)

// check refuses options that nothing here can honour.
func (d *Dialer) check(op string) error {
	names := ""
	for i, name := range unsupported(d.Options, d.Engine != nil) {
		if i > 0 {
			names += ", "
		}
		names += name
	}
	if names != "" {
		return exception(op, ErrNotSupported, "options that nothing here can honour: "+names)
	}
	return nil
}

// checkTarget is the constructor's part that throws (WebSockets Standard, 3.1), and returns the serialized URL.
func checkTarget(op, url string, protocols []string) (href string, err error) {
	if href, err = resolve(op, url); err != nil {
		return "", err
	}
	return href, checkProtocols(op, protocols)
}

// connect makes the connection that reports to s.
func (d *Dialer) connect(href string, protocols []string, s Sink) (Conn, error) {
	if d.Engine != nil {
		return d.Engine(href, protocols, s)
	}
	return open(href, protocols, d.Options, s)
}

// connectStream makes the connection of a stream.
func (d *Dialer) connectStream(href string, protocols []string, s Sink) (Conn, error) {
	if d.Engine != nil {
		return d.Engine(href, protocols, s)
	}
	return openStream(href, protocols, d.Options, s)
}

// asException gives an engine's refusal the form of this package's errors.
func asException(op string, err error) error {
	switch e := err.(type) {
	case *DOMException:
		return err
	case interface {
		Name() string
		Message() string
	}: // the browser's own
		return exceptionFor(op, e.Name(), e.Message(), err)
	}
	kind := ErrNotSupported
	if _, ok := err.(interface{ Syntax() }); ok {
		kind = ErrSyntax
	}
	return exceptionFor(op, kind.Name, withoutPrefix(err), err)
}

// resolve parses and serializes a URL and applies the constructor's rules to it: WebSockets Standard, 3.1, steps 1 to 6.
func resolve(op, url string) (string, error) {
	href, err := parseURL(url)
	if err != nil {
		return "", exceptionFor(op, ErrSyntax.Name, "can't parse the URL "+quote(url)+": "+withoutPrefix(err), err)
	}
	scheme, rest := cut(href, ':')
	switch scheme {
	case "http":
		scheme = "ws"
	case "https":
		scheme = "wss"
	}
	var wrong string
	switch {
	case scheme != "ws" && scheme != "wss":
		wrong = "got the URL scheme " + quote(scheme) + ", want ws, wss, http or https"
	case index(rest, '#') >= 0: // in a serialized URL it occurs only before a fragment, an empty one included
		wrong = "got a URL with a fragment, want none: " + quote(url)
	default:
		return scheme + ":" + rest, nil
	}
	return "", exception(op, ErrSyntax, wrong)
}

// originOf returns the serialized origin of a serialized URL, "" for none.
func originOf(href string) string {
	scheme, rest := cut(href, ':')
	if len(rest) < 2 || rest[:2] != "//" {
		return ""
	}
	authority, _ := cut(rest[2:], '/')
	if credentials, host := cut(authority, '@'); len(credentials) < len(authority) {
		authority = host
	}
	return scheme + "://" + authority
}

// checkProtocols wants tokens that differ: WebSockets Standard, 3.1, step 8; RFC 6455 4.1, 10.
func checkProtocols(op string, protocols []string) error {
	for i, p := range protocols {
		wrong := ""
		if !isToken(p) {
			wrong = ", want visible ASCII with no separators"
		}
		for _, q := range protocols[:i] {
			if p == q {
				wrong = " twice"
			}
		}
		if wrong != "" {
			return exception(op, ErrSyntax, "got the subprotocol "+quote(p)+wrong)
		}
	}
	return nil
}

func isToken(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7E || index("()<>@,;:\\\"/[]?={}", s[i]) >= 0 {
			return false
		}
	}
	return s != ""
}

// checkClose checks the arguments of Close: WebSockets Standard, 3.1, close, steps 1 and 2.
func checkClose(op string, code uint16, reason string) error {
	if code != 0 && code != 1000 && (code < 3000 || code > 4999) {
		return exception(op, ErrInvalidAccess, "got the code "+strconv.Itoa(int(code))+", want 1000 or 3000 to 4999")
	}
	if len(reason) > 123 {
		return exception(op, ErrSyntax, "got a reason of "+strconv.Itoa(len(reason))+" bytes, want at most 123")
	}
	return nil
}
