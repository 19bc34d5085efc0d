package native

import (
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// sampleKey and sampleAccept are RFC 6455 1.3's.
const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

func TestAcceptIsTheRFCs(t *testing.T) {
	if got := acceptKey(sampleKey); got != sampleAccept {
		t.Errorf("got %s, want %s", got, sampleAccept)
	}
}

func TestKeyIs16BytesAndAnotherEachTime(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		key := newKey()
		if b, err := base64.StdEncoding.DecodeString(key); err != nil || len(b) != 16 || seen[key] {
			t.Fatalf("got %q, %v, want 16 bytes not seen before", key, err)
		}
		seen[key] = true
	}
}

// lines are a request's lines but the first, in any order, so sorted.
func lines(request string) (first string, rest []string) {
	all := strings.Split(strings.TrimSuffix(request, "\r\n\r\n"), "\r\n")
	rest = all[1:]
	slices.Sort(rest)
	return all[0], rest
}

func TestRequest(t *testing.T) {
	handshake := []string{"Connection: Upgrade", "Sec-WebSocket-Key: " + sampleKey, "Sec-WebSocket-Version: 13", "Upgrade: websocket"}
	for _, row := range []struct {
		rule string
		q    request
		want []string // besides handshake
	}{
		{"the least", request{host: "example.com"}, []string{"Host: example.com"}},
		{"host with port", request{host: "[::1]:8080"}, []string{"Host: [::1]:8080"}},
		{"origin", request{host: "h", origin: "https://a.b"}, []string{"Host: h", "Origin: https://a.b"}},
		{"protocols in their order", request{host: "h", protocols: []string{"b", "a"}}, []string{"Host: h", "Sec-WebSocket-Protocol: b, a"}},
		{"Host in place of the URL's", request{host: "h", header: map[string][]string{"host": {"other"}}}, []string{"host: other"}},
		{"a header twice", request{host: "h", header: map[string][]string{"X": {"1", "2"}}}, []string{"Host: h", "X: 1", "X: 2"}},
		{"a header with no value", request{host: "h", header: map[string][]string{"X": {}, "Y": {""}}}, []string{"Host: h", "Y: "}},
	} {
		row.q.key, row.q.resource = sampleKey, "/path?q"
		b := string(row.q.bytes())
		first, got := lines(b)
		want := slices.Concat(handshake, row.want)
		slices.Sort(want)
		if first != "GET /path?q HTTP/1.1" || !slices.Equal(got, want) || !strings.HasSuffix(b, "\r\n\r\n") {
			t.Errorf("%s: got %q, want %q", row.rule, b, want)
		}
	}
}

func TestHostHeaderWithoutValuesIsTheURLs(t *testing.T) {
	q := request{host: "h", resource: "/", key: sampleKey, header: map[string][]string{"Host": {}}}
	if got := string(q.bytes()); !strings.Contains(got, "\r\nHost: h\r\n") {
		t.Errorf("got %q, want a Host: RFC 9112 3.2", got)
	}
}

func TestHeadersThatAreRefused(t *testing.T) {
	for _, row := range []struct {
		rule         string
		name, value  string
		origin, want string
	}{
		{rule: "nothing", name: "X"},
		{rule: "all but line breaks", name: "X-Y_z.!#$%&'*+^`|~09", value: "a\tb \"ü\" : ,"},
		{rule: "the program's own", name: "Host", value: "h"},
		{rule: "the program's own", name: "Authorization", value: "Bearer x"},
		{rule: "an origin", name: "X", origin: "https://a.b"},

		{rule: "CRLF in a value", name: "X", value: "a\r\nEvil: b", want: "header X"},
		{rule: "LF in a value", name: "X", value: "a\nEvil: b", want: "header X"},
		{rule: "CR in a value", name: "X", value: "a\rEvil: b", want: "header X"},
		{rule: "NUL in a value", name: "X", value: "a\x00", want: "header X"},
		{rule: "ESC in a value", name: "X", value: "a\x1B", want: "header X"},
		{rule: "DEL in a value", name: "X", value: "\x7F", want: "header X"},
		{rule: "BEL in the origin", name: "X", origin: "a\a", want: `origin "a\a"`},
		{rule: "CRLF in a name", name: "X: a\r\nEvil", want: `"X: a\r\nEvil"`},
		{rule: "no name", name: "", want: "token"},
		{rule: "a space in a name", name: "X Y", want: "token"},
		{rule: "a colon in a name", name: "X:", want: "token"},
		{rule: "a letter outside ASCII in a name", name: "Ü", want: "token"},
		{rule: "CRLF in the origin", name: "X", origin: "a\r\nEvil: b", want: `origin "a\r\nEvil: b"`},
		{rule: "the handshake's", name: "Sec-WebSocket-Key", want: "belongs to the handshake"},
		{rule: "the handshake's", name: "sec-websocket-extensions", want: "belongs to the handshake"},
		{rule: "the handshake's", name: "SEC-WEBSOCKET-PROTOCOL", want: "belongs to the handshake"},
		{rule: "the handshake's", name: "Upgrade", want: "belongs to the handshake"},
		{rule: "the handshake's", name: "connection", want: "belongs to the handshake"},
		{rule: "twice", name: "Origin", origin: "https://a.b", want: "more than once"},
		{rule: "a body's", name: "Content-Length", value: "5", want: "belongs to the handshake"},
		{rule: "a body's", name: "Transfer-Encoding", value: "chunked", want: "belongs to the handshake"},
	} {
		values := []string{"first", row.value}
		if row.name == "Host" { // of which there may be one
			values = values[1:]
		}
		c := Config{Header: map[string][]string{row.name: values}, Origin: row.origin}
		_, err := c.Over(nil)("ws://h/", nil, new(play))
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %q: got %v, want %q", row.rule, row.name, err, row.want)
		}
	}
}

func TestHeadersThatComeOnce(t *testing.T) {
	for _, row := range []struct {
		rule string
		c    Config
		ok   bool
	}{
		{"one Host", Config{Header: map[string][]string{"Host": {"a"}}}, true},
		{"two Hosts", Config{Header: map[string][]string{"Host": {"a", "b"}}}, false},
		{"a name in two cases", Config{Header: map[string][]string{"X-a": {"1"}, "X-A": {"2"}}}, false},
		{"Origin as a header", Config{Header: map[string][]string{"Origin": {"http://o"}}}, true},
		{"Origin as a header and an option", Config{Header: map[string][]string{"origin": {"http://o"}}, Origin: "http://p"}, false},
	} {
		if err := row.c.check(); (err == nil) != row.ok {
			t.Errorf("%s: got %v, want it taken: %t", row.rule, err, row.ok)
		}
	}
}

func TestHeaderIsTheProgramsToChangeAfterwards(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		header := map[string][]string{"X": {"before"}}
		p := newPlay(t, nil, Config{Header: header})
		header["X"][0] = "after"
		header["Y"] = []string{"after"}
		p.begin()
		if !strings.Contains(p.peer.request, "X: before\r\n") || strings.Contains(p.peer.request, "after") {
			t.Errorf("got %q", p.peer.request)
		}
		p.peer.hangUp(errCut)
		p.untilEnd()
	})
}

// answered is a server's answer that opens the connection, with some lines replaced, by name, or left out, by "".
func answered(lines ...string) string {
	head := []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + sampleAccept}
	for i := 0; i < len(lines); i += 2 {
		at := slices.IndexFunc(head, func(line string) bool { return strings.HasPrefix(line, lines[i]) })
		switch {
		case at < 0:
			head = append(head, lines[i+1])
		case lines[i+1] == "":
			head = slices.Delete(head, at, at+1)
		default:
			head[at] = lines[i+1]
		}
	}
	return strings.Join(head, "\r\n") + "\r\n\r\n"
}

func TestAnswers(t *testing.T) {
	for _, row := range []struct {
		rule     string
		answer   string
		offered  []string
		protocol string
		problem  string // "": it opens the connection
	}{
		{rule: "the least", answer: answered()},
		{rule: "bare LF", answer: strings.ReplaceAll(answered(), "\r\n", "\n")},
		{rule: "LF and CRLF", answer: strings.Replace(answered(), "\r\n", "\n", 2)},
		{rule: "no reason phrase", answer: answered("HTTP/1.1", "HTTP/1.1 101")},
		{rule: "an empty reason phrase", answer: answered("HTTP/1.1", "HTTP/1.1 101 ")},
		{rule: "another reason phrase", answer: answered("HTTP/1.1", "HTTP/1.1 101 Web Socket Protocol Handshake")},
		{rule: "names in any case", answer: answered("Upgrade", "uPGRADE: websocket", "Sec", "SEC-WEBSOCKET-ACCEPT: "+sampleAccept)},
		{rule: "tokens in any case", answer: answered("Upgrade", "Upgrade: WebSocket", "Connection", "Connection: UPGRADE")},
		{rule: "a list of connection options", answer: answered("Connection", "Connection: keep-alive, \t Upgrade ,x")},
		{rule: "connection options in two headers", answer: answered("Connection", "Connection: keep-alive\r\nConnection: upgrade")},
		{rule: "space around a value, or none", answer: answered("Upgrade", "Upgrade:websocket", "Connection", "Connection: \t Upgrade \t ")},
		{rule: "a folded header", answer: answered("Connection", "Connection: keep-alive,\r\n Upgrade")},
		{rule: "headers of others", answer: answered("X", "X: a: b", "Set-Cookie", "Set-Cookie: a=b\r\nSet-Cookie: c=d")},
		{rule: "an empty header of others", answer: answered("X", "X:")},
		{rule: "100 Continue before", answer: "HTTP/1.1 100 Continue\r\n\r\n" + answered()},
		{rule: "three interim answers before", answer: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 X\n\n" + answered()},
		{rule: "a subprotocol", answer: answered("P", "Sec-WebSocket-Protocol: b"), offered: []string{"a", "b"}, protocol: "b"},

		{rule: "status 200", answer: "HTTP/1.1 200 OK\r\nUpgrade: websocket\r\n\r\n", problem: "got status 200 OK, want 101 Switching Protocols"},
		{rule: "status 404", answer: "HTTP/1.1 404 Not Found\r\n\r\n", problem: "got status 404 Not Found, want 101"},
		{rule: "a redirect", answer: "HTTP/1.1 301 Moved\r\nLocation: /there\r\n\r\n", problem: "got status 301 Moved"},
		{rule: "an interim answer, then 403", answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\n\r\n", problem: "got status 403 No"},
		{rule: "HTTP/1.0", answer: answered("HTTP/1.1", "HTTP/1.0 101 Switching Protocols"), problem: "got HTTP/1.0, want HTTP/1.1"},
		{rule: "HTTP/2", answer: answered("HTTP/1.1", "HTTP/2 101 Switching Protocols"), problem: "got HTTP/2, want HTTP/1.1"},
		{rule: "no HTTP", answer: "SSH-2.0-OpenSSH_9.6\r\n\r\n", problem: `got the status line "SSH-2.0-OpenSSH_9.6\r"`},
		{rule: "an empty status line", answer: "\r\n\r\n\r\n", problem: "got the status line"},
		{rule: "nothing", answer: "\n\n", problem: "got the status line"},
		{rule: "a status of two digits", answer: answered("HTTP/1.1", "HTTP/1.1 10 X"), problem: "got the status line"},
		{rule: "a status of four digits", answer: answered("HTTP/1.1", "HTTP/1.1 1010 X"), problem: "got the status line"},
		{rule: "101 in four digits", answer: answered("HTTP/1.1", "HTTP/1.1 0101 X"), problem: "got the status line"},
		{rule: "a status that is no number", answer: answered("HTTP/1.1", "HTTP/1.1 1x1 X"), problem: "got the status line"},
		{rule: "no colon", answer: answered("X", "nonsense"), problem: `got the header line "nonsense", want NAME: VALUE`},
		{rule: "no name", answer: answered("X", ": x"), problem: "want NAME: VALUE"},
		{rule: "a space before the colon", answer: answered("Upgrade", "Upgrade : websocket"), problem: "want NAME: VALUE"},
		{rule: "NUL in a folded line", answer: answered("X", "X: y\r\n \x00"), problem: "want NAME: VALUE"},
		{rule: "CR in a folded line", answer: answered("X", "X: y\r\n a\rb"), problem: "want NAME: VALUE"},
		{rule: "a folded line with nothing before it", answer: answered("HTTP/1.1", "HTTP/1.1 101 X\r\n Y: z"), problem: "want NAME: VALUE"},
		{rule: "no Upgrade", answer: answered("Upgrade", ""), problem: "got no Upgrade header"},
		{rule: "another Upgrade", answer: answered("Upgrade", "Upgrade: h2c"), problem: `got Upgrade: "h2c", want websocket`},
		{rule: "Upgrade with a long s", answer: answered("Upgrade", "Upgrade: web\u017Focket"), problem: "want websocket"},
		{rule: "Upgrade with a Kelvin sign", answer: answered("Upgrade", "Upgrade: websoc\u212Aet"), problem: "want websocket"},
		{rule: "Upgrade as a list", answer: answered("Upgrade", "Upgrade: websocket, h2c"), problem: "want websocket"},
		{rule: "Upgrade twice", answer: answered("Upgrade", "Upgrade: websocket\r\nUpgrade: websocket"), problem: "got the header Upgrade 2 times"},
		{rule: "no Connection", answer: answered("Connection", ""), problem: `got Connection: "", want Upgrade`},
		{rule: "another Connection", answer: answered("Connection", "Connection: keep-alive, upgraded"), problem: "want Upgrade"},
		{rule: "no accept", answer: answered("Sec", ""), problem: "got no Sec-WebSocket-Accept header"},
		{rule: "an empty accept", answer: answered("Sec", "Sec-WebSocket-Accept:"), problem: `got Sec-WebSocket-Accept: "", want ` + sampleAccept},
		{rule: "the key for accept", answer: answered("Sec", "Sec-WebSocket-Accept: "+sampleKey), problem: "want " + sampleAccept},
		{rule: "accept in another case", answer: answered("Sec", "Sec-WebSocket-Accept: "+strings.ToLower(sampleAccept)), problem: "want " + sampleAccept},
		{rule: "accept twice", answer: answered("X", "Sec-WebSocket-Accept: "+sampleAccept), problem: "2 times, want it once"},
		{rule: "an extension", answer: answered("X", "Sec-WebSocket-Extensions: x-nobody"), problem: `got Sec-WebSocket-Extensions: "x-nobody"`},
		{rule: "a subprotocol, none offered", answer: answered("P", "Sec-WebSocket-Protocol: a"), problem: "none was offered"},
		{rule: "an empty subprotocol, none offered", answer: answered("P", "Sec-WebSocket-Protocol:"), problem: "none was offered"},
		{rule: "no subprotocol, some offered", answer: answered(), offered: []string{"a"}, problem: "got no Sec-WebSocket-Protocol header"},
		{rule: "an empty subprotocol", answer: answered("P", "Sec-WebSocket-Protocol:"), offered: []string{"a"}, problem: `got Sec-WebSocket-Protocol: "", want one of a`},
		{rule: "another subprotocol", answer: answered("P", "Sec-WebSocket-Protocol: c"), offered: []string{"a", "b"}, problem: "want one of a, b"},
		{rule: "a subprotocol in another case", answer: answered("P", "Sec-WebSocket-Protocol: A"), offered: []string{"a"}, problem: "want one of a"},
		{rule: "two subprotocols", answer: answered("P", "Sec-WebSocket-Protocol: a, b"), offered: []string{"a", "b"}, problem: "want one of a, b"},
		{rule: "two subprotocols in two headers", answer: answered("P", "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a"), offered: []string{"a"}, problem: "2 times"},
	} {
		for how, reader := range map[string]func(io.Reader) io.Reader{
			"in one piece":        func(r io.Reader) io.Reader { return r },
			"byte by byte":        iotest.OneByteReader,
			"with EOF at the end": iotest.DataErrReader,
		} {
			protocol, rest, err := shake(reader(strings.NewReader(row.answer+"and more")), row.offered)
			if row.problem == "" {
				if err != nil || protocol != row.protocol || !strings.HasPrefix("and more", rest) {
					t.Errorf("%s, %s: got %q, %q, %v, want %q", row.rule, how, protocol, rest, err, row.protocol)
				}
				continue
			}
			if refused := (*HandshakeError)(nil); !errors.As(err, &refused) || !strings.Contains(refused.Problem, row.problem) {
				t.Errorf("%s, %s: got %v, want %q", row.rule, how, err, row.problem)
			}
		}
	}
}

// shake reads and checks an answer.
func shake(answer io.Reader, offered []string) (protocol, rest string, err error) {
	r, b, err := readResponse(answer, nil)
	if err != nil {
		return "", "", err
	}
	l, err := r.check(&request{key: sampleKey, protocols: offered})
	return l.protocol, string(b), err
}

func TestRefusalCarriesTheAnswer(t *testing.T) {
	_, _, err := shake(strings.NewReader("HTTP/1.1 401 No\nwww-authenticate: Basic\nWWW-AUTHENTICATE: Digest\n\n"), nil)
	var refused *HandshakeError
	if !errors.As(err, &refused) || refused.Status != 401 || !slices.Equal(refused.Header["Www-Authenticate"], []string{"Basic", "Digest"}) {
		t.Errorf("got %+v, want the status and the headers by canonical name", refused)
	}
}

func TestAnswerCutAnywhereIsAnUnexpectedEnd(t *testing.T) {
	answer := "HTTP/1.1 100 Continue\r\n\r\n" + answered()
	for n := range answer {
		if _, _, err := shake(strings.NewReader(answer[:n]), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: got %v, want %v", n, err, io.ErrUnexpectedEOF)
		}
		broken := errors.New("broken")
		if _, _, err := shake(io.MultiReader(strings.NewReader(answer[:n]), iotest.ErrReader(broken)), nil); !errors.Is(err, broken) {
			t.Errorf("cut at %d: got %v, want %v", n, err, broken)
		}
	}
}

func TestWhatFollowsTheAnswerIsKept(t *testing.T) {
	for _, rest := range []string{"", "\x81\x01a", strings.Repeat("x", 10_000)} {
		_, got, err := shake(strings.NewReader(answered()+rest), nil)
		if err != nil || !strings.HasPrefix(rest, got) || len(got) == 0 && rest != "" {
			t.Errorf("got %d bytes, %v, want a part of %d", len(got), err, len(rest))
		}
	}
}

func TestHeadersAreTakenUpToAQuarterMebibyte(t *testing.T) {
	filler := "X: " + strings.Repeat("x", 1019) + "\r\n" // 1 KiB
	if _, _, err := shake(strings.NewReader(answered("X", strings.TrimSpace(strings.Repeat(filler, 254)))), nil); err != nil {
		t.Errorf("254 KiB: got %v", err)
	}
	endless := &endlessReader{text: filler}
	_, _, err := shake(io.MultiReader(strings.NewReader("HTTP/1.1 101 X\r\n"), endless), nil)
	var refused *HandshakeError
	if !errors.As(err, &refused) || !strings.Contains(refused.Problem, "262144") {
		t.Errorf("without end: got %v, want the limit", err)
	}
	if endless.read > 600<<10 {
		t.Errorf("got %d bytes read, want little more than the limit", endless.read)
	}
}

func TestHeadUpToTheLimitIsTakenInAnyPieces(t *testing.T) {
	least := len(answered("X", "X: "))
	for _, row := range []struct {
		size   int
		opened bool
	}{{maxHead - 1, true}, {maxHead, true}, {maxHead + 1, false}, {maxHead + 5000, false}} {
		answer := answered("X", "X: "+strings.Repeat("x", row.size-least))
		for how, reader := range map[string]io.Reader{
			"in one piece":        strings.NewReader(answer + "rest"),
			"with EOF at the end": iotest.DataErrReader(strings.NewReader(answer)),
			"byte by byte":        iotest.OneByteReader(strings.NewReader(answer)),
		} {
			_, _, err := shake(reader, nil)
			if refused := (*HandshakeError)(nil); (err == nil) != row.opened || err != nil && !errors.As(err, &refused) {
				t.Errorf("%d bytes %s: got %v, want it opened: %t", row.size, how, err, row.opened)
			}
		}
	}
}

// endlessReader repeats text.
type endlessReader struct {
	text string
	read int
}

func (e *endlessReader) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.read%len(e.text):])
	e.read += n
	return n, nil
}

func TestErrorQuotesLittleOfTheAnswer(t *testing.T) {
	_, _, err := shake(strings.NewReader(strings.Repeat("é\x1B", 5000)+"\n\n"), nil)
	if err == nil || len(err.Error()) > 500 || strings.Contains(err.Error(), "\x1B") {
		t.Errorf("got %v, want it short and quoted", err)
	}
}

func TestAnswerOfBytesThatAreNoTextIsQuotedToo(t *testing.T) {
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("got the panic %v, want an error", p)
		}
	}()
	for _, answer := range []string{strings.Repeat("\xB4", 200) + "\n\n", "HTTP/1.1 101 X\n" + strings.Repeat("\x80", 200) + "\n\n"} {
		if _, _, err := shake(strings.NewReader(answer), nil); err == nil || len(err.Error()) > 500 {
			t.Errorf("%q: got %v, want a short error", answer, err)
		}
	}
}

func TestCutKeepsWholeCharacters(t *testing.T) {
	for _, row := range []struct {
		s    string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"aé", 2, "a"}, {"aéb", 3, "aé"}, {"a😀", 4, "a"}, {"😀", 3, ""}, {"", 0, ""}, {"a", 0, ""}} {
		if got := cut(row.s, row.n); got != row.want {
			t.Errorf("%q up to %d: got %q, want %q", row.s, row.n, got, row.want)
		}
	}
}

func TestHeaderFoldedBeforeItsValueHasTheValue(t *testing.T) {
	answer := answered("Upgrade", "Upgrade:\r\n websocket", "Sec", "Sec-WebSocket-Accept:\r\n\t\r\n\t"+sampleAccept)
	if _, _, err := shake(strings.NewReader(answer), nil); err != nil {
		t.Errorf("got %v: RFC 9112 5.2 and 5.1: no space around a value", err)
	}
}

func TestManyFoldedLinesAreNotQuadratic(t *testing.T) {
	const n = 50_000
	answer := answered("X", "X: y"+strings.Repeat("\r\n z", n))
	bytes, objects := allocated(func() {
		if _, _, err := shake(strings.NewReader(answer), nil); err != nil {
			t.Errorf("got %v", err)
		}
	})
	if bytes > uint64(20*len(answer)) || objects > 1000 {
		t.Errorf("%d lines: got %d bytes in %d allocations", n, bytes, objects)
	}
}

func TestStatusIsThreeDigitsFrom100(t *testing.T) {
	for _, status := range []string{"099", "000", "+99", "-10", "600"} { // RFC 9110 15: 100 to 599; only 1xx is interim
		_, _, err := shake(strings.NewReader("HTTP/1.1 "+status+" X\r\n\r\n"+answered()), nil)
		if refused := (*HandshakeError)(nil); !errors.As(err, &refused) {
			t.Errorf("status %s: got %v, want it refused", status, err)
		}
	}
}

func TestTargetOfAURL(t *testing.T) {
	for _, row := range []struct {
		url  string
		want target
	}{
		{"ws://example.com/", target{false, "", "example.com", "/"}},
		{"ws://example.com", target{false, "", "example.com", "/"}},
		{"wss://example.com:8443/a/b", target{true, "", "example.com:8443", "/a/b"}},
		{"ws://[2001:db8::1]/", target{false, "", "[2001:db8::1]", "/"}},
		{"ws://[::1]:81/p?q=1", target{false, "", "[::1]:81", "/p?q=1"}},
		{"ws://user:pass@h/", target{false, "user:pass", "h", "/"}},
		{"ws://user@h/", target{false, "user", "h", "/"}},
		{"ws://:pass@h/", target{false, ":pass", "h", "/"}},
		{"ws://u%40x:p%3Ay%40z@h:81/", target{false, "u%40x:p%3Ay%40z", "h:81", "/"}},
		{"ws://h/a@b:c", target{false, "", "h", "/a@b:c"}},
		{"ws://h//double", target{false, "", "h", "//double"}},
		{"ws://h/?a=b&c=http://d/?e", target{false, "", "h", "/?a=b&c=http://d/?e"}},
		{"ws://h/%20?%C3%BC", target{false, "", "h", "/%20?%C3%BC"}},
		{"ws://h/?", target{false, "", "h", "/"}}, // RFC 6455 3: the query is empty
		{"ws://h/p?", target{false, "", "h", "/p"}},
	} {
		if got := parseTarget(row.url); got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.url, got, row.want)
		}
	}
}

func TestQueryKeepsTheQuestionMarkAtItsEnd(t *testing.T) {
	for url, want := range map[string]string{"ws://h/p?why?": "/p?why?", "ws://h/p??": "/p??", "ws://h/p?a=b?": "/p?a=b?"} {
		if got := parseTarget(url).resource; got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}
