//go:build !js

package native

import (
	"bufio"
	"bytes"
	stdflate "compress/flate"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Some answers are taken by one of the two alone, for these reasons.

// onlyHere reports whether b may be taken here alone. RFC 9110 5.5: control characters in a value may be kept, and browsers keep
// all but NUL and CR. RFC 9112 6.3: a 1xx ends with its head, whatever it says of a body's length. Of which version an interim
// answer is nobody asks.
func onlyHere(b string) bool {
	for _, interim := range interims.FindAllString(b, -1) {
		if !strings.HasPrefix(interim, "HTTP/1.1 ") {
			return true
		}
	}
	return keptControl.MatchString(b) || bodyLength.MatchString(b)
}

// onlyThere reports whether b may be taken by net/http alone. RFC 9112 4: one space before the status, which begins with 1 to 5.
// RFC 9112 5.1: no space in a name or behind it.
func onlyThere(b string) bool { return oddStatus.MatchString(b) || spacedName.MatchString(b) }

var (
	interims    = regexp.MustCompile(`HTTP/\S* 1(0[^1]|[^0])`)
	keptControl = regexp.MustCompile(`[\x01-\x08\x0B\x0C\x0E-\x1F\x7F]`)
	bodyLength  = regexp.MustCompile(`(?i)content-length|transfer-encoding`)
	oddStatus   = regexp.MustCompile(`HTTP/1\.1 [^1-5]`)
	spacedName  = regexp.MustCompile(`(?m)^[^\s:][^\n:]* [^\n:]*:`)
)

// FuzzHandshakeAgainstNetHTTP: an answer opens the connection just if net/http reads one that may, and both read the same.
func FuzzHandshakeAgainstNetHTTP(f *testing.F) {
	for _, a := range answers {
		f.Add([]byte(a[0]), a[1])
	}
	f.Fuzz(func(t *testing.T, b []byte, offered string) {
		r, rest, err := readResponse(bytes.NewReader(b), nil)
		var l link
		if err == nil {
			l, err = r.check(&request{key: sampleKey, protocols: offers(offered)})
		}
		behind := bufio.NewReader(bytes.NewReader(b))
		theirs, theirErr := judge(behind, offers(offered))
		switch {
		case err != nil && theirErr == nil && !onlyThere(string(b)):
			t.Fatalf("%q: got %v, and net/http takes it", b, err)
		case err == nil && theirErr != nil && !onlyHere(string(b)):
			t.Fatalf("%q: got it taken, and net/http has %v", b, theirErr)
		case err != nil || theirErr != nil:
			return
		}
		if want := theirs.Get("Sec-WebSocket-Protocol"); l.protocol != want {
			t.Fatalf("%q: got the subprotocol %q, want %q", b, l.protocol, want)
		}
		if want, _ := io.ReadAll(behind); !strings.HasPrefix(string(want), string(rest)) {
			t.Fatalf("%q: got %q behind the head, want the beginning of %q", b, rest, want)
		}
		if got, want := readable(r.header), readable(theirs); !maps.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q: got the headers %q, want %q", b, got, want)
		}
	})
}

// judge reads an answer with net/http and applies RFC 6455 4.1 to it.
func judge(b *bufio.Reader, offered []string) (http.Header, error) {
	for {
		r, err := http.ReadResponse(b, nil)
		if err != nil {
			return nil, err
		}
		if r.StatusCode == 101 {
			return r.Header, opensBy(r, offered)
		}
		if r.StatusCode/100 != 1 {
			return nil, errors.New("another status")
		}
	}
}

func opensBy(r *http.Response, offered []string) error {
	h := r.Header
	options := strings.Split(lower(strings.Join(h["Connection"], ",")), ",")
	for i := range options {
		options[i] = strings.Trim(options[i], " \t")
	}
	chosen := h["Sec-Websocket-Protocol"]
	switch {
	case r.Proto != "HTTP/1.1":
		return errors.New("another version")
	case len(h["Upgrade"]) != 1 || lower(h["Upgrade"][0]) != "websocket":
		return errors.New("another protocol")
	case !slices.Contains(options, "upgrade"):
		return errors.New("no upgrade")
	case !slices.Equal(h["Sec-Websocket-Accept"], []string{sampleAccept}):
		return errors.New("another accept")
	case h["Sec-Websocket-Extensions"] != nil:
		return errors.New("an extension")
	case offered == nil && chosen != nil, offered != nil && (len(chosen) != 1 || !slices.Contains(offered, chosen[0])):
		return errors.New("another subprotocol")
	}
	return nil
}

// lower is for ASCII alone.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

// readable leaves out of a header what net/http rewrites, and how much space a folded value has.
func readable(h map[string][]string) map[string][]string {
	c := map[string][]string{}
	for name, values := range h {
		if slices.Contains([]string{"Content-Length", "Transfer-Encoding", "Trailer", "Cache-Control"}, name) {
			continue
		}
		for _, v := range values {
			c[name] = append(c[name], strings.Join(strings.Fields(v), " "))
		}
	}
	return c
}

// FuzzRequest: of the headers that a program may set, net/http reads these back and nothing more.
func FuzzRequest(f *testing.F) {
	for _, h := range [][6]string{
		{"Cookie", "a=b", "X", "1", "2", "https://o"},
		{"Host", "other:81", "User-Agent", "x", "", ""},
		{"X", "", "Host", "a", "b", ""},
		{"Origin", "a", "Pragma", "no-cache", " \t x ", ""},
		{"X", "a\r\nEvil: b", "Y", "\n", "\x00", ""},
		{"X: a\r\nEvil", "", "x", "", "", "o\nEvil: b"},
		{"X", "a\r\n\r\nGET / HTTP/1.1", "Y", "\x01", "\x7F", "\x85\xA0"},
		{"X", "\x01", "Y", "\x7F", "\x1B", "\x0B"},
		{"Content-Length", "5", "Transfer-Encoding", "chunked", "", ""},
		{"Upgrade", "h2c", "Connection", "close", "", ""},
		{"x", "ü", "X", "€", "\xFF", "null"},
		{"Trailer", "X", "Expect", "100-continue", "", ""},
	} {
		f.Add(h[0], h[1], h[2], h[3], h[4], h[5])
	}
	f.Fuzz(func(t *testing.T, name, value, name2, value2, value3, origin string) {
		header := map[string][]string{name: {value}, name2: {value2, value3}}
		if checkHeader(header, origin) != nil {
			return
		}
		q := request{host: "h:81", resource: "/p?q", origin: origin, protocols: []string{"b", "a"}, header: header, key: sampleKey}
		b := bufio.NewReader(bytes.NewReader(q.bytes()))
		r, err := http.ReadRequest(b)
		if err != nil {
			t.Fatalf("%q: got %v", q.bytes(), err)
		}
		host, want := wantOf(&q)
		if r.Method != "GET" || r.RequestURI != "/p?q" || r.Proto != "HTTP/1.1" || r.Host != host || r.Body != http.NoBody {
			t.Fatalf("%q: got %+v", q.bytes(), r)
		}
		if _, set := want["Cache-Control"]; !set { // net/http adds it to Pragma
			delete(r.Header, "Cache-Control")
		}
		if !maps.EqualFunc(r.Header, want, slices.Equal) {
			t.Fatalf("%q: got %q, want %q", q.bytes(), r.Header, want)
		}
		if rest, _ := io.ReadAll(b); len(rest) > 0 {
			t.Fatalf("%q: got %q behind it", q.bytes(), rest)
		}
	})
}

// wantOf is what a server reads of the request.
func wantOf(q *request) (host string, header http.Header) {
	header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Key": {q.key},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Protocol": {strings.Join(q.protocols, ", ")}, "Host": {q.host}}
	if q.origin != "" {
		header.Add("Origin", strings.Trim(q.origin, " \t"))
	}
	for name, values := range q.header {
		header.Del(name)
		for _, v := range values {
			header.Add(name, strings.Trim(v, " \t"))
		}
	}
	host = header.Get("Host")
	header.Del("Host")
	return host, header
}

// FuzzURL: a serialized URL serializes to itself, can be taken apart without another look at the URL Standard, and into what
// net/url finds. What of it goes into the request can't break it.
func FuzzURL(f *testing.F) {
	for _, url := range []string{
		"ws://h", "wss://user:p%40ss@EXAMPLE.com:8443/a/../b?q#f", "ws://[::1]:80/", "http://bücher.example/é?ü", "ws:h/p", "ws://h?a@b/c",
		"ws://a@b@c/", "mailto:x", "file:///etc", "//h", "", "ws://1.2.3/", "ws://h:99999", "ws://%41/", "ws://h/\x00\xff",
		"ws://h/a b\r\nX: y", "ws://h/?a b\r\nX: y", "ws://a b/", "ws://h\t/p", "ws://u ser:p\nass@h/", "https://h:443/?", "ws://h/p??", "ws://h/|^`{}\"<>",
		"ws://0x7f.1/", "ws://[1:2:3:4:5:6:1.2.3.4]/", "ws://h:/p", "ws://h:080/", "ws://xn--bcher-kva.example/", "ws://h\\p", "ws://h/%zz?%",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		href, err := ParseURL(raw)
		if err != nil {
			return
		}
		if again, err := ParseURL(href); err != nil || again != href {
			t.Fatalf("%q is %q, and that is %q, %v", raw, href, again, err)
		}
		scheme, rest, _ := strings.Cut(href, ":")
		switch scheme {
		case "http", "https": // WebSockets Standard, 3.1, steps 4 and 5
			href = strings.Replace(scheme, "http", "ws", 1) + ":" + rest
			if again, err := ParseURL(href); err != nil || again != href {
				t.Fatalf("%q is %q with a scheme of the Standard's, and that is %q, %v", raw, href, again, err)
			}
		case "ws", "wss":
		default:
			return
		}
		if !strings.Contains(href, "#") { // which has its own error
			takeApart(t, href)
		}
	})
}

// takeApart compares parseTarget with net/url.
func takeApart(t *testing.T, href string) {
	at := parseTarget(href)
	for _, part := range []string{at.host, at.resource, at.userinfo} {
		if strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r >= 0x7F }) {
			t.Fatalf("%q: got %q, want visible ASCII", href, part)
		}
	}
	if at.host == "" || strings.ContainsAny(at.host, "/?#@") || !strings.HasPrefix(at.resource, "/") || strings.ContainsAny(at.userinfo, "/?#@") {
		t.Fatalf("%q: got %+v", href, at)
	}
	u, err := url.Parse(href)
	if err != nil { // it takes less than the URL Standard
		return
	}
	path, query, _ := strings.Cut(at.resource, "?")
	if path, err = url.PathUnescape(path); err != nil || path != u.Path || query != u.RawQuery {
		t.Fatalf("%q: got the resource %q, want %q and %q", href, at.resource, u.Path, u.RawQuery)
	}
	user, password, _ := strings.Cut(at.userinfo, ":")
	if wantPassword, _ := u.User.Password(); unescape(user) != u.User.Username() || unescape(password) != wantPassword {
		t.Fatalf("%q: got the user information %q, want %s", href, at.userinfo, u.User)
	}
	if at.secure != (u.Scheme == "wss") || at.host != u.Host {
		t.Fatalf("%q: got the host %q, want %q", href, at.host, u.Host)
	}
}

// FuzzChallenges: a server is given a password just if it asks for Basic outside a quoted string.
func FuzzChallenges(f *testing.F) {
	for _, s := range []string{
		"", "Basic", `basic realm="x"`, `Digest realm="x", nonce="y", Basic realm="z"`, "Bearer", `Basically realm="x"`, `Digest realm="Basic"`,
		`Digest realm="one, Basic two", nonce="x"`, `Digest realm="a\", Basic b", Basic`, `Digest realm="open, Basic`, `Digest x="\`, "a,\tBASIC\t,b",
		"Ba\u017Fic", `"\"" Basic,`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := asksForBasic(map[string][]string{"Www-Authenticate": {"Other", s}})
		if want := basicChallenge.MatchString(quotedString.ReplaceAllString(s, "")); got != want {
			t.Fatalf("%q: got %t, want %t", s, got, want)
		}
	})
}

var (
	quotedString   = regexp.MustCompile(`(?s)"([^"\\]|\\.)*("|\\?$)`)                     // RFC 9110 5.6.4
	basicChallenge = regexp.MustCompile(`(^|,)[ \t]*[Bb][Aa][Ss][Ii][Cc]( |[ \t]*(,|$))`) // RFC 9110 11.3 and 5.6.1
)

// FuzzUnpack: what a compressed message gives is what the standard library gives, and no more than the limit.
func FuzzUnpack(f *testing.F) {
	for _, seed := range []string{"f248cdc9c90700", "f200110000", "000500faff48656c6c6f00", "f348cdc9c9070000", "00", "", "07"} {
		b, _ := hex.DecodeString(seed)
		f.Add(b, int64(100), true)
	}
	f.Add(bomb(1<<20), int64(1000), false)
	f.Fuzz(func(t *testing.T, packed []byte, limit int64, text bool) {
		limit %= 1 << 20
		u := newUnpacker(terms{serverBits: 15})
		got, err := u.unpack(packed, limit, text)
		if err != nil && got != nil || limit >= 0 && int64(len(got)) > limit {
			t.Fatalf("got %d bytes, %v", len(got), err)
		}
		want, wantErr := io.ReadAll(io.LimitReader(stdflate.NewReader(bytes.NewReader(append(bytes.Clone(packed), flushEnd...))), 1<<20))
		if err == nil && wantErr == io.ErrUnexpectedEOF && !bytes.Equal(got, want) { // no final block: the standard library ends there
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// FuzzCompressedParser: where compression was agreed on, too, any pieces give the same as the whole.
func FuzzCompressedParser(f *testing.F) {
	hello := "\xf2\x48\xcd\xc9\xc9\x07\x00"
	for _, s := range []string{
		frame(0xC1, hello) + frame(0x81, "plain") + frame(0xC2, hello),
		frame(0x41, hello[:3]) + pingFrame("p") + frame(0, "") + frame(0x80, hello[3:]),
		frame(0xC1, "\xf2\x00\x11\x00\x00") + closeFrameOf(1000, "bye"),
		frame(0xC1, "\xff") + textFrame("x"),
		frame(0x41, "") + frame(0xC0, hello),
		frame(0xC1, "") + frame(0xC2, "\x00"),
		frame(0xC9, "") + frame(0xE1, hello),
		frame(0xC1, "\x00\x02\x00\xFD\xFFa\xFF\x00") + textFrame("x"), // stored: bad text
		frame(0xC1, "\x00\x02\x00\xFD\xFF\xE2\x82\x00"),               // stored: cut text
		frame(0xC2, string(bomb(1<<10))),
		frame(0xC1, string(bomb(1<<10))),
	} {
		f.Add([]byte(s), []byte{1, 4, 0, 2}, uint16(500), false)
		f.Add([]byte(s+s), []byte{9}, uint16(8), true)
		f.Add([]byte(s), []byte(nil), uint16(4), true) // one less than Hello
	}
	f.Fuzz(func(t *testing.T, b, sizes []byte, limit uint16, forgets bool) {
		parse := func(direct bool, pieces []string) (got []string, failed int) {
			h := newHarness(false, int64(limit))
			h.direct, h.unpack = direct, newUnpacker(terms{serverForgets: forgets, serverBits: 15})
			for _, p := range pieces {
				h.take(p)
			}
			h.drain()
			return h.got, h.failed
		}
		want, wantFailed := parse(false, []string{string(b)})
		for _, e := range want {
			kind, content, _ := strings.Cut(e, ":")
			if kind == "text" && !utf8.ValidString(content) || (kind == "text" || kind == "binary") && len(content) > int(limit) {
				t.Fatalf("got %.300q", e)
			}
		}
		for _, direct := range []bool{false, true} {
			for _, p := range [][]string{pieces(string(b), sizes), bytewise(string(b))} {
				if got, failed := parse(direct, p); !slices.Equal(got, want) || failed != wantFailed {
					t.Fatalf("direct %t, %q: got %.300q, %d, want %.300q, %d", direct, p, got, failed, want, wantFailed)
				}
			}
		}
	})
}

// FuzzPack: what is compressed the standard library and this side's own parser read back, within the window that was agreed on.
func FuzzPack(f *testing.F) {
	for i := range 8 {
		f.Add([]byte("héllo héllo "), []byte{5, 0, 10, 200, 255, 255, 255}, uint8(i), uint8(20*i), i%2 == 0)
		f.Add(pattern(200), []byte{100, 1, 200}, uint8(i), uint8(i), i%2 == 1)
		f.Add(jsonLike(rand.New(rand.NewPCG(1, 2)), 1000), []byte{255, 255}, uint8(i), uint8(9), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, content, sizes []byte, bits, times uint8, takeover bool) {
		agreed := terms{serverForgets: !takeover, clientForgets: !takeover, serverBits: 8 + int(bits%8), clientBits: 8 + int(bits%8)}
		c := compressionPooled
		if takeover {
			c = compressionTakeover
		}
		packer := newPacker(agreed, c, 1)
		defer packer.drop()
		judge := &peerInflater{forgets: !takeover, window: 1 << agreed.clientBits}
		o := outbox{masked: true}
		defer o.drop()
		var want []string
		for _, m := range pieces(strings.Repeat(string(content), int(times)+1), sizes[:min(len(sizes), 50)]) {
			want = append(want, "binary:"+m)
			if !packer.worth(len(m)) {
				o.data(opBinary, []byte(m))
				continue
			}
			if packed, ok := packer.pack([]byte(m)); !ok {
				o.data(opBinary, []byte(m))
			} else if got, err := judge.inflate(packed); err != nil || string(got) != m {
				t.Fatalf("got %.200q, %v, want %.200q", got, err, m)
			} else {
				o.packed(opBinary, packed, len(m))
			}
			packer.done()
		}
		h := newHarness(true, -1)
		h.unpack = newUnpacker(agreed)
		h.take(written(&o))
		if h.drain(); !slices.Equal(h.got, want) || h.failed != 0 {
			t.Fatalf("got %.200q, %d, want %.200q", h.got, h.failed, want)
		}
	})
}
