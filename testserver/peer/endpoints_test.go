//go:build !js

package peer

import (
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestEcho(t *testing.T) {
	s := start(t)
	ws := open(t, s, "/echo?id=e")
	send(t, ws, "héllo")
	want(t, receive(ws), "text:héllo")
	ws.WriteMessage(websocket.BinaryMessage, []byte{0, 255})
	want(t, receive(ws), "binary:00ff")
	closeNow(ws, 3001, "bye")
	want(t, receive(ws), "close:3001:bye")
	ws.Close()
	want(t, recorded(t, s, "e"), "request text:héllo binary:00ff close:3001:bye server")
}

func TestEchoAnswersAnEmptyCloseWithAnEmptyOne(t *testing.T) {
	s := start(t)
	c := rawOpen(t, s, "/echo?id=e")
	c.Write(masked(fin|opClose, ""))
	got, end := c.rest()
	want(t, fmt.Sprintf("%x %s", got, end), "8800 fin")
	c.Close()
	want(t, recorded(t, s, "e"), "request close: server")
}

func TestWritten(t *testing.T) {
	s := start(t)
	want(t, ask(t, s, "/written?id=w"), "0")
	ws := open(t, s, "/echo?id=w")
	defer ws.Close()
	before := ask(t, s, "/written?id=w")
	send(t, ws, "12345")
	want(t, receive(ws), "text:12345")
	n, _ := strconv.Atoi(before)
	want(t, ask(t, s, "/written?id=w"), strconv.Itoa(n+7))
}

func TestSubprotocol(t *testing.T) {
	s := start(t)
	for _, test := range []struct {
		path      string
		requested []string
		want      string
	}{
		{"/echo", nil, ""},
		{"/echo", []string{"a", "b"}, "a"},
		{"/echo?protocol=b", []string{"a", "b"}, "b"},
		{"/echo?protocol=c", []string{"a", "b"}, ""},
		{"/send?protocol=b", []string{"a", "b"}, "b"},
		{"/raw?protocol=x", []string{"a", "b"}, "x"},
	} {
		ws := open(t, s, test.path, test.requested...)
		want(t, ws.Subprotocol(), test.want)
		ws.Close()
	}
}

func TestDeflate(t *testing.T) {
	s := start(t)
	d := dialer(s)
	d.EnableCompression = true
	ws := openURL(t, d, s.WS()+"/echo?deflate=1&id=d")
	send(t, ws, "aaaaaaaaaaaaaaaaaaaa")
	want(t, receive(ws), "text:aaaaaaaaaaaaaaaaaaaa")
	closeNow(ws, 1000, "")
	want(t, receive(ws), "close:1000:")
	ws.Close()
	want(t, recorded(t, s, "d"), "request deflated:text:aaaaaaaaaaaaaaaaaaaa close:1000: server")
}

func TestHeaders(t *testing.T) {
	s := start(t)
	for _, test := range []struct{ base, tls string }{{s.WS(), "false"}, {s.WSS(), "true"}} {
		d := dialer(s)
		ws, _, err := d.Dial(test.base+"/headers?a=b%20c&id=h", http.Header{"Origin": {"http://o"}, "X-A": {"1", "2"}})
		if err != nil {
			t.Fatal(err)
		}
		_, host, _ := strings.Cut(test.base, "://")
		got := strings.Split(receive(ws), "\n")
		for i, line := range got {
			if strings.HasPrefix(line, "Sec-Websocket-Key: ") {
				got[i] = "Sec-Websocket-Key: …"
			}
		}
		want(t, strings.Join(got, "\n"), "text:GET /headers?a=b%20c&id=h HTTP/1.1\nConnection: Upgrade\nHost: "+host+
			"\nOrigin: http://o\nRemoteTLS: "+test.tls+"\nSec-Websocket-Key: …\nSec-Websocket-Version: 13\n"+
			"Upgrade: websocket\nUser-Agent: Go-http-client/1.1\nX-A: 1\nX-A: 2")
		send(t, ws, "more")
		want(t, receive(ws), "text:more")
		ws.Close()
	}
}

func TestClose(t *testing.T) {
	s := start(t)
	for i, test := range []struct{ query, want, record string }{
		{"", "close:1005:", "close:"},
		{"code=1000", "close:1000:", "close:1000:"},
		{"code=4999&reason=h%C3%A9", "close:4999:hé", "close:4999:"},
		{"code=3000&after=message", "close:3000:", "text:now close:3000:"},
	} {
		id := fmt.Sprint("c", i)
		ws := open(t, s, "/close?id="+id+"&"+test.query)
		if strings.Contains(test.query, "after") {
			send(t, ws, "now")
		}
		want(t, receive(ws), test.want)
		ws.Close()
		want(t, recorded(t, s, id), "request "+test.record+" server")
	}
}

func TestCloseSendsAnyCode(t *testing.T) {
	s := start(t)
	c := rawOpen(t, s, "/close?code=1006&reason=x")
	got := make([]byte, 5)
	c.in.Read(got)
	want(t, fmt.Sprintf("%x", got), "880303ee78")
	// Until the answer comes TCP stays open.
	c.Write(masked(fin|opClose, ""))
	_, end := c.rest()
	want(t, end, "fin")
}

func TestSend(t *testing.T) {
	s := start(t)
	for _, test := range []struct{ query, want string }{
		{"text=a&binary=00ff&text=b&close=1000", "text:a binary:00ff text:b close:1000:"},
		{"text=a&n=2&close=3000&reason=r", "text:a text:0 text:1 close:3000:r"},
		{"n=2&size=4&type=text&close=1000", "text:0... text:1... close:1000:"},
		{"n=1&size=2&type=binary&close=1000", "binary:302e close:1000:"},
	} {
		want(t, receiveAll(open(t, s, "/send?"+test.query)), test.want)
	}
	ws := open(t, s, "/send?text=a")
	want(t, receive(ws), "text:a")
	send(t, ws, "b")
	want(t, receive(ws), "text:b")
}

func TestSlowNeverReads(t *testing.T) {
	s := start(t)
	ws := open(t, s, "/slow?id=s")
	// More than all buffers hold: the write does not end.
	ws.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	if err := ws.WriteMessage(websocket.BinaryMessage, make([]byte, 64<<20)); err == nil {
		t.Error("the peer took 64 MiB")
	}
	want(t, ask(t, s, "/recorded?id=s&now=1"), "request")
	want(t, ask(t, s, "/count?id=s"), "1")
}

func TestSlowSeesTheClientsReset(t *testing.T) {
	s := start(t)
	if runtime.GOOS != "linux" {
		t.Skip("this system does not tell")
	}
	ws := open(t, s, "/slow?id=s")
	ws.NetConn().(interface{ SetLinger(int) error }).SetLinger(0)
	ws.Close()
	want(t, recorded(t, s, "s"), "request reset")
}

func TestSlowReadsAtARate(t *testing.T) {
	s := start(t)
	ws := open(t, s, "/slow?rate=2000&id=s")
	began := time.Now()
	send(t, ws, strings.Repeat("x", 200))
	closeNow(ws, 1000, "")
	want(t, receive(ws), "close:1000:")
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("216 bytes at 2000/s took %v", took)
	}
	ws.Close()
	wantPart(t, recorded(t, s, "s"), "request text#200:sha1=")
}

func TestCount(t *testing.T) {
	s := start(t)
	want(t, ask(t, s, "/count"), "0")
	a, b := open(t, s, "/echo?id=x"), open(t, s, "/raw?do=hold")
	want(t, ask(t, s, "/count?until=2"), "2")
	want(t, ask(t, s, "/count?id=x"), "1")
	a.Close()
	want(t, ask(t, s, "/count?id=x&until=0"), "0")
	b.Close()
	want(t, ask(t, s, "/count?until=0"), "0")
}

func TestRecordedWaits(t *testing.T) {
	s := start(t)
	early := open(t, s, "/recorded?id=w") // before the id is known
	ws := open(t, s, "/echo?id=w")
	want(t, ask(t, s, "/recorded?id=w&now=1"), "request")
	lines := open(t, s, "/recorded?id=w&wait=3")
	for _, text := range []string{"1", "2"} {
		send(t, ws, text)
		want(t, receive(ws), "text:"+text) // unread bytes would make the end a reset
	}
	want(t, receive(lines), "text:request\ntext:1\ntext:2")
	ws.Close()
	want(t, receive(early), "text:request\ntext:1\ntext:2\nfin")
	again := open(t, s, "/echo?id=w")
	again.Close()
	want(t, recorded(t, s, "w"), "request text:1 text:2 fin request fin")
}

func TestRecordedSeesAReset(t *testing.T) {
	s := start(t)
	ws := open(t, s, "/echo?id=r")
	ws.NetConn().(interface{ SetLinger(int) error }).SetLinger(0)
	ws.Close()
	want(t, recorded(t, s, "r"), "request reset")
}

func TestStatus(t *testing.T) {
	s := start(t)
	response, body := get(t, s.HTTP()+"/status")
	want(t, response.Status+" "+body, "404 Not Found ")
	response, body = get(t, s.HTTP()+"/status?code=503&body=later&id=st")
	want(t, response.Status+" "+body, "503 Service Unavailable later")
	want(t, recorded(t, s, "st"), "request")
}

func TestRedirect(t *testing.T) {
	s := start(t)
	response, _ := get(t, s.HTTP()+"/redirect?to=ws://h/p")
	want(t, response.Status+" "+response.Header.Get("Location"), "302 Found ws://h/p")
	response, _ = get(t, s.HTTP()+"/redirect?to=x&code=307")
	want(t, response.Status, "307 Temporary Redirect")
}

func TestBasic(t *testing.T) {
	s := start(t)
	url := s.WS() + "/basic?user=u&password=p&id=b"
	_, response, err := dialer(s).Dial(url, nil)
	if err == nil {
		t.Fatal("opened without credentials")
	}
	want(t, response.Status+" "+response.Header.Get("WWW-Authenticate"), `401 Unauthorized Basic realm="testserver"`)
	ws, _, err := dialer(s).Dial(url, http.Header{"Authorization": {"Basic dTpw"}})
	if err != nil {
		t.Fatal(err)
	}
	send(t, ws, "in")
	want(t, receive(ws), "text:in")
	ws.Close()
	want(t, recorded(t, s, "b"), "request request:Basic dTpw text:in fin")
}

func TestRefused(t *testing.T) {
	s := start(t)
	for _, test := range []struct{ path, status, want string }{
		{"/nothing", "404 Not Found", `got path "/nothing", want one of /echo, /headers,`},
		{"/echo", "400 Bad Request", "Bad Request"}, // gorilla's answer: no upgrade
		{"/echo?a=%zz", "400 Bad Request", `query: a: invalid URL escape "%zz"`},
		{"/echo?%zz", "400 Bad Request", `query: invalid URL escape "%zz"`},
		{"/echo?deflate=2", "400 Bad Request", `deflate: got "2", want a number from 0 to 1`},
		{"/close?what=1", "400 Bad Request", `got parameter "what", want one of code, reason,`},
		{"/close?code=x", "400 Bad Request", `code: got "x", want a number from 0 to 65535`},
		{"/close?reason=x", "400 Bad Request", `reason: got "x" without code, want both`},
		{"/close?code=1&reason=" + strings.Repeat("x", 124), "400 Bad Request", "got 124 bytes, want at most 123"},
		{"/close?after=x", "400 Bad Request", `after: got "x", want message`},
		{"/send?binary=x", "400 Bad Request", `binary: got "x", want hexadecimal bytes`},
		{"/send?type=x", "400 Bad Request", `type: got "x", want text or binary`},
		{"/send?n=-1", "400 Bad Request", `n: got "-1", want a number`},
		{"/send?size=x", "400 Bad Request", `size: got "x", want a number`},
		{"/send?close=65536", "400 Bad Request", `close: got "65536", want a number`},
		{"/slow?rate=x", "400 Bad Request", `rate: got "x", want a number`},
		{"/tcp?to=example.com:80", "400 Bad Request", `to: got "example.com:80", want ws, wss, mute or closed`},
		{"/recorded", "400 Bad Request", "got no id, want id=X"},
		{"/recorded?id=x&now=x", "400 Bad Request", `now: got "x", want`},
		{"/recorded?id=x&wait=x", "400 Bad Request", `wait: got "x", want`},
		{"/count?until=x", "400 Bad Request", `until: got "x", want`},
		{"/status?code=101", "400 Bad Request", `code: got "101", want a number from 200 to 599`},
		{"/redirect?code=200", "400 Bad Request", `code: got "200", want a number from 300 to 399`},
		{"/raw?does=x", "400 Bad Request", `got parameter "does", want one of http, status,`},
		{"/raw?status=x", "400 Bad Request", `status: got "x", want`},
		{"/raw?do=alert", "400 Bad Request", "got alert over ws, want wss"},
		{"/raw?do=head&do=tcp:00", "400 Bad Request", "got tcp over ws, want wss"},
		{"/raw?do=x", "400 Bad Request", `do: got step "x", want one of alert, answer,`},
	} {
		response, body := get(t, s.HTTP()+test.path)
		want(t, response.Status, test.status)
		wantPart(t, body, test.want)
	}
}

func TestTimes(t *testing.T) {
	s := start(t)
	for _, test := range []struct{ path, first string }{
		{"/close?code=1012&times=2&id=c", "close:1012:"},
		{"/raw?do=text:hi&do=fin&times=2&id=r", "text:hi"},
	} {
		for range 2 {
			ws := open(t, s, test.path)
			want(t, receive(ws), test.first)
			ws.Close()
		}
		ws := open(t, s, test.path)
		send(t, ws, "now")
		want(t, receive(ws), "text:now")
		ws.Close()
	}
	ws, _, err := dialer(s).Dial(s.WS()+"/status?code=503&times=1&id=s", nil)
	if err == nil {
		ws.Close()
		t.Error("got a connection, want 503 once")
	}
	open(t, s, "/status?code=503&times=1&id=s").Close()
	for _, params := range []string{"times=1", "times=x&id=s"} {
		_, answer, _ := dialer(s).Dial(s.WS()+"/close?"+params, nil)
		want(t, answer.Status, "400 Bad Request")
	}
}
