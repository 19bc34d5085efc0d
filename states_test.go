package websocket_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// Close in every state of this side against every state of the peer. WebSockets Standard, 3.1, close: before the connection is
// established it is failed; when it is open the closing handshake begins; afterwards the call does nothing.

const noErrorForTheEnd = "a browser fires no error event for the end of TCP"

// Before the connection is established nothing of the peer's shows, and nothing but the request goes to it.
func TestCloseBeforeTheConnectionIsEstablished(t *testing.T) {
	closed := also(closes(3001, "mine"), func(s *socket) {
		if state := s.ReadyState(); state < websocket.Closing { // its end may have come already
			s.t.Errorf("got %v after Close", state)
		}
	})
	closedTwice := also(closed, closes(3002, "again"))
	sides := []struct {
		name   string
		before func(*socket)
	}{
		{"not started", closed},
		{"not started, twice", closedTwice},
		{"connecting", also((*socket).Start, closed)},
		{"connecting, twice", also((*socket).Start, closedTwice)},
	}
	var rows []row
	for _, peer := range []struct{ name, url string }{
		{"silent", os.Getenv("TESTSERVER_MUTE")},
		{"about to open", raw("delay=2000", "text:late", "expect:close", "answer", "end")},
		{"about to refuse", raw("delay=2000", "status=403")},
		{"about to ask for credentials", withUser("me:secret", raw("delay=2000", "status=401", "header=WWW-Authenticate: Basic realm=r"))},
		{"about to end TCP", raw("delay=2000", "cut=0")},
		{"not there", os.Getenv("TESTSERVER_CLOSED")},
	} {
		for _, side := range sides {
			if peer.name == "not there" && strings.HasPrefix(side.name, "connecting") {
				continue // the failure may come first
			}
			rows = append(rows, row{name: peer.name + "/" + side.name, url: peer.url, before: side.before,
				on: does{"close": closes(3003, "late")}, want: failed, err: "before the connection was established"})
		}
	}
	runAtOnce(t, rows)
}

// The peer has the request and does not yet answer. It is asked at its other port: see TestOpeningTwoConnectionsAtOnce.
func TestCloseWhileThePeerThinks(t *testing.T) {
	id := newID(t)
	s := newSocket(t, trusting(t), os.Getenv("TESTSERVER_WSS")+raw("delay=30000")+"&id="+id)
	s.Start()
	ask(t, server()+"/recorded?wait=1&id="+id)
	must(t, s.Close(3001, "mine"))
	if state := s.ReadyState(); state < websocket.Closing {
		t.Errorf("got %v after Close", state)
	}
	if got := s.run(); got != failed {
		t.Errorf("got %s, want %s", got, failed)
	}
}

// Once it is open the first call counts, if it comes before the peer's Close. A second call, at once or in a later listener,
// changes nothing.
func TestCloseOfAnOpenConnection(t *testing.T) {
	mine, again := closes(3001, "mine"), closes(3002, "again")
	sides := []struct {
		name  string
		on    does
		sends string // before the Close frame
	}{
		{"open", does{"text:go": mine}, ""},
		{"closing by this side", does{"text:go": also(mine, again)}, ""},
		{"closing by this side, with data queued", does{"text:go": also(send("last"), mine, again, send("dropped"))}, "text:last "},
		{"failed and closed", does{"text:go": mine, "error": again, "close": again}, ""},
	}
	const unclean, uncleanJS = "error/3 close:1006::false/3", "close:1006::false/3"
	const reset = "to Chromium a connection that is reset is not clean, though both Close frames have come before"
	var rows []row
	for _, peer := range []struct {
		name    string
		script  []string // behind the message
		end     string   // of the trace
		js, why string
		sent    string
		dialer  *websocket.Dialer
	}{
		{name: "answering", script: []string{"expect:close", "answer", "end"}, end: "close:3001:mine:true/3", sent: "server"},
		{name: "answering with a code of its own", script: []string{"expect:close", "close:3000:theirs", "end"},
			end: "close:3000:theirs:true/3", sent: "server"},
		{name: "answering with none", script: []string{"expect:close", "close", "end"}, end: "close:1005::true/3", sent: "server"},
		{name: "answering behind messages", script: []string{"expect:close", "text:late", "binary:00", "answer", "end"},
			end: "close:3001:mine:true/3", sent: "server"},
		{name: "answering and leaving TCP to this side", script: []string{"expect:close", "answer", "hold"},
			end: "close:3001:mine:true/3", sent: "fin"},
		{name: "answering and resetting TCP", script: []string{"expect:close", "answer", "rst"}, end: "close:3001:mine:true/3",
			js: "close:3001:mine:false/3", why: reset},
		{name: "answering with a broken frame", script: []string{"expect:close", "hex:8300", "end"}, end: unclean, sent: "server"},
		{name: "never answering", script: []string{"expect:close", "sleep:500", "end"}, dialer: impatient(),
			end: unclean, js: uncleanJS, why: noErrorForTheEnd},
		{name: "ending TCP in place of the answer", script: []string{"expect:close", "end"}, end: unclean, js: uncleanJS, why: noErrorForTheEnd, sent: "server"},
		{name: "resetting TCP in place of the answer", script: []string{"expect:close", "rst"}, end: unclean, js: uncleanJS, why: noErrorForTheEnd},
		{name: "having ended TCP", script: []string{"end"}, end: unclean, js: uncleanJS, why: noErrorForTheEnd},
		{name: "having ended its half of TCP", script: []string{"fin", "hold"}, end: unclean, js: uncleanJS, why: noErrorForTheEnd},
		{name: "having reset TCP", script: []string{"rst"}, end: unclean, js: uncleanJS, why: noErrorForTheEnd},
	} {
		for _, side := range sides {
			const begin = "open/1 text:go/1 "
			r := row{name: peer.name + "/" + side.name, url: raw(append([]string{"text:go"}, peer.script...)...), dialer: peer.dialer,
				on: side.on, want: begin + peer.end}
			if peer.js != "" {
				r.js, r.why = begin+peer.js, peer.why
			}
			if peer.sent != "" {
				r.sent = "request " + side.sends + "close:3001:mine " + peer.sent
			}
			rows = append(rows, r)
		}
	}
	runAtOnce(t, rows)
}

// The peer's Close comes first: its code is the connection's, and it gets it back, once.
func TestCloseBehindThePeers(t *testing.T) {
	mine := closes(3001, "mine")
	sides := []struct {
		name string
		on   does
	}{
		{"open, as its listener has not returned", does{"text:go": mine}},
		{"closing by the peer", does{"open": whenClosing(mine)}},
		{"closing by the peer, twice", does{"open": whenClosing(mine, mine)}},
		{"closing by the peer, with data", does{"open": whenClosing(send("dropped"), mine)}},
		{"closed", does{"close": mine}},
	}
	const clean, reset = "close:3000:theirs:true/3", "close:3000:theirs:false/3"
	var rows []row
	for _, peer := range []struct {
		name   string
		script []string
		js     string // the end of a browser's trace
		sent   string
	}{
		{"waiting for the answer", []string{"expect:close", "sleep:50", "end"}, clean, "server"},
		{"having ended its half of TCP", []string{"fin", "expect:close", "sleep:50", "end"}, clean, "server"},
		{"ending TCP with the answer", []string{"expect:close", "end"}, clean, "server"},
		{"leaving TCP to this side", []string{"expect:close", "hold"}, clean, "fin"},
		{"ending TCP at once", []string{"end"}, clean, ""},
		{"resetting TCP with the answer", []string{"expect:close", "rst"}, reset, ""},
	} {
		for _, side := range sides {
			const begin = "open/1 text:go/1 "
			r := row{name: peer.name + "/" + side.name, on: side.on, want: begin + clean, js: begin + peer.js,
				why: "to Chromium a connection that is reset is not clean, though both Close frames have come before",
				url: raw(append([]string{"join", "text:go", "close:3000:theirs", "flush"}, peer.script...)...)}
			if peer.sent != "" {
				r.sent = "request close:3000:theirs " + peer.sent
			}
			rows = append(rows, r)
		}
	}
	runAtOnce(t, rows)
}

// whenClosing waits, on another goroutine, until the peer has begun to close. If that is over too soon to be seen, what is done
// is done in CLOSED.
func whenClosing(do ...func(*socket)) func(*socket) {
	return func(s *socket) {
		did := make(chan struct{})
		s.t.Cleanup(func() { <-did })
		go func() {
			defer close(did)
			for s.ReadyState() < websocket.Closing {
				time.Sleep(time.Millisecond)
			}
			also(do...)(s)
		}()
	}
}

func noteState(s *socket) { s.note(s.ReadyState().String()) }

// runAtOnce runs rows that mostly wait, some at a time: a browser puts off connections when many are under way.
func runAtOnce(t *testing.T, rows []row) {
	var all sync.WaitGroup
	running := make(chan struct{}, 8)
	for _, r := range rows {
		running <- struct{}{}
		all.Go(func() {
			t.Run(r.name, func(t *testing.T) { r.run(t) })
			<-running
		})
	}
	all.Wait()
}

// A listener that closes is not alone: those behind it see the state, and the event, as they are.
func TestListenersBehindOneThatCloses(t *testing.T) {
	row{url: raw("text:a", "text:b", "expect:close", "answer", "end"), before: func(s *socket) {
		for _, typ := range []string{"open", "message", "close"} {
			s.AddEventListener(typ, func(e websocket.Event) { s.note(e.Type() + ":" + s.ReadyState().String()) })
		}
	}, on: does{"text:a": closes(1000, "")}, want: "open/1 open:OPEN text:a/1 message:CLOSING close:1000::true/3 close:CLOSED"}.run(t)
}

// bufferedAmount in every state: what is sent counts, and what is dropped counts too and stays. WebSockets Standard, 3.1, send.

// grows sends one message of each kind and notes by how much the amount grew for each.
func grows(s *socket) {
	last, growth := s.BufferedAmount(), ""
	for _, d := range oneOfEach {
		must(s.t, s.Send(d))
		now := s.BufferedAmount()
		growth += fmt.Sprint(" ", now-last)
		last = now
	}
	s.note("+" + growth[1:])
}

var oneOfEach = []websocket.Data{
	websocket.Text("é€"), websocket.Binary([]byte{1, 2, 3}), websocket.FromBlob(websocket.NewBlob([]byte("four"), "")),
	websocket.Text("a\xff"), websocket.Text(""), websocket.Binary(nil), websocket.FromBlob(nil), {},
}

const (
	growth   = "+5 3 4 4 0 0 0 0"
	growthOf = 16
)

// amount notes the amount.
func amount(s *socket) { s.note(fmt.Sprint("=", s.BufferedAmount())) }

func TestBufferedAmountInEveryState(t *testing.T) {
	refused := func(s *socket) {
		for _, d := range oneOfEach {
			if err := s.Send(d); err == nil {
				s.t.Error("Send was possible")
			}
		}
		amount(s)
	}
	// The error event waits for what is done behind Close.
	seen := make(chan struct{})
	closeUnseen := func(s *socket) {
		s.AddEventListener("error", func(websocket.Event) { <-seen }, websocket.Capture)
		must(s.t, s.Close(1000, ""))
	}
	look := func(*socket) { close(seen) }
	sent := "text:é€ binary:010203 binary:666f7572 text:a\uFFFD text: binary: binary: text:"
	runRows(t, []row{
		{name: "before Start and while connecting", url: raw("delay=100", "expect:close", "answer", "end"),
			before: also(refused, (*socket).Start, refused), on: does{"open": also(amount, closes(1000, ""))},
			want: "=0 =0 open/1 =0 close:1000::true/3"},
		{name: "open", url: "/echo?", on: does{"open": also(grows, amount, closes(1000, "")), "close": amount},
			want: "open/1 " + growth + " =16 close:1000::true/3 =0", sent: "request " + sent + " close:1000: server"},
		{name: "in a message listener", url: raw("text:a", "expect:close", "answer", "end"), on: does{"text:a": also(grows, amount, closes(1000, ""))},
			want: "open/1 text:a/1 " + growth + " =16 close:1000::true/3"},
		{name: "it has fallen before the next listener", url: "/echo?", on: does{
			"open":       also(send("12345"), amount),
			"text:12345": also(amount, closes(1000, "")),
		}, want: "open/1 =5 text:12345/1 =0 close:1000::true/3"},
		{name: "closed by this side", url: "/echo?", on: does{"open": also(grows, closes(1000, ""), amount, grows, amount), "close": also(amount, grows, amount)},
			want: "open/1 " + growth + " =16 " + growth + " =32 close:1000::true/3 =16 " + growth + " =32",
			sent: "request " + sent + " close:1000: server"},
		{name: "closed by the peer", url: "/close?code=1000", on: does{"close": also(amount, grows, amount)},
			want: "open/1 close:1000::true/3 =0 " + growth + " =16", sent: "request close:1000: server"},
		{name: "a failed handshake", url: "/status?code=404", on: does{"error": also(amount, grows), "close": also(amount, grows, amount)},
			want: "error/3 =0 " + growth + " close:1006::false/3 =16 " + growth + " =32"},
		{name: "given up while connecting", url: raw("delay=3000"), before: also((*socket).Start, closeUnseen, grows, amount, look),
			on:   does{"error": also(amount, grows), "close": also(amount, grows, amount)},
			want: growth + " =16 error/3 =16 " + growth + " close:1006::false/3 =32 " + growth + " =48"},
		{name: "given up before Start", url: "/echo", before: also(closes(1000, ""), grows, amount),
			on:   does{"error": also(amount, grows), "close": also(amount, grows, amount)},
			want: growth + " =16 error/3 =16 " + growth + " close:1006::false/3 =32 " + growth + " =48"},
		{name: "a broken connection", url: raw("frame:0,9,x", "expect:close", "end"), on: does{"error": also(amount, grows), "close": also(amount, grows, amount)},
			want: "open/1 error/3 =0 " + growth + " close:1006::false/3 =16 " + growth + " =32"},
		{name: "full", url: "/slow?rate=0", dialer: &websocket.Dialer{Options: websocket.Options{MaxBufferedAmount: growthOf}},
			on:   does{"open": also(grows, amount, send("x"), noteState, amount, grows), "error": grows, "close": grows},
			want: "open/1 " + growth + " =16 CLOSING =17 " + growth + " error/3 " + growth + " close:1006::false/3 " + growth,
			err:  "MaxBufferedAmount"},
	})
}

// While the peer's Close is answered.
func TestBufferedAmountWhileThePeerCloses(t *testing.T) {
	done := make(chan struct{})
	row{url: raw("close:3000", "expect:close", "sleep:1000", "end") + "&", on: does{
		"open":  whenClosing(noteState, amount, grows, amount, func(*socket) { close(done) }),
		"close": also(func(*socket) { <-done }, amount),
	}, want: "open/1 CLOSING =0 " + growth + " =16 close:3000::true/3 =16", sent: "request close:3000: server"}.run(t)
}

// After the end, when no listener runs any more.
func TestBufferedAmountAfterTheEnd(t *testing.T) {
	s := newSocket(t, nil, server()+"/echo")
	s.on = does{"open": also(closes(1000, ""), send("12345"))}
	s.run()
	also(amount, grows, amount)(s)
	if got := strings.Join(s.trace, " "); got != "open/1 close:1000::true/3 =5 "+growth+" =21" {
		t.Errorf("got %s", got)
	}
}

// A message that is sent in a listener when the peer's Close has come behind the listener's own. RFC 6455 5.5.1 has Close
// answered "as soon as practical": natively that is when the listeners of earlier messages have returned, or block.
func TestSendInFrontOfTheAnswerToThePeersClose(t *testing.T) {
	row{url: raw("join", "text:go", "close:3000", "flush", "expect:close", "end"), on: does{"text:go": also(send("reply"), amount), "close": amount},
		want: "open/1 text:go/1 =5 close:3000::true/3 =0", sent: "request text:reply close:3000: server",
		jsSent: "request close:3000: server", why: "a browser answers at once, and drops what is sent afterwards"}.run(t)
}

// What has come is delivered, though the connection ended long before.
func TestMessagesAreDeliveredAfterTheEnd(t *testing.T) {
	for _, c := range []struct{ name, end, want, js string }{
		{"in order", "close:3000:bye", "close:3000:bye:true/3", "close:3000:bye:true/3"},
		{"without a Close frame", "end", "error/3 close:1006::false/3", "close:1006::false/3"},
	} {
		id := newID(t)
		const begin = "open/1 text:1/1 text:2/1 binary:03/1 "
		row{name: c.name, url: raw("join", "text:1", "text:2", "binary:03", "flush", c.end, "end") + "&id=" + id, on: does{
			"text:1": func(s *socket) { recorded(s.t, id) }, // waits for the end
		}, want: begin + c.want, js: begin + c.js, why: noErrorForTheEnd}.run(t)
	}
}
