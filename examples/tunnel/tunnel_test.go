package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

func server() string { return os.Getenv("TESTSERVER_WS") }

// gateway is the peer's, to one of its ports.
func gateway(to, id string) string { return server() + "/tcp?to=" + to + "&id=" + id }

func newID() string { return fmt.Sprint(rand.Uint64()) }

// recorded returns what the peer got on the connections with the id, in one line, when they have ended.
func recorded(t *testing.T, id string) (record string) {
	t.Helper()
	ws, err := websocket.New(server() + "/recorded?id=" + id)
	if err != nil {
		t.Fatal(err)
	}
	ws.OnMessage(func(e *websocket.MessageEvent) { record = e.Data.Text() })
	if err := ws.Run(t.Context()); err != nil {
		t.Error(err)
	}
	return strings.ReplaceAll(record, "\n", " ")
}

// A play is an inner connection and its carrier.
type play struct {
	*websocket.WebSocket
	carrier *carrier
	trace   []string
}

func newPlay(t *testing.T, gateway, url string, protocols ...string) *play {
	t.Helper()
	leavesNothing(t)
	ws, c, err := through(t.Context(), websocket.Dialer{}, gateway, url, protocols...)
	if err != nil {
		t.Fatal(err)
	}
	p := &play{WebSocket: ws, carrier: c}
	note := func(e string) { p.trace = append(p.trace, e) }
	ws.AddEventListener("open", func(websocket.Event) { note("open") })
	ws.AddEventListener("message", func(e websocket.Event) { note(fmt.Sprint("message#", e.(*websocket.MessageEvent).Data.Size())) })
	ws.AddEventListener("error", func(websocket.Event) { note("error") })
	ws.AddEventListener("close", func(e websocket.Event) {
		c := e.(*websocket.CloseEvent)
		note(fmt.Sprintf("close:%d:%s:%t", c.Code, c.Reason, c.WasClean))
	})
	return p
}

// ends runs it and returns the trace, and how the outer connection ended.
func (p *play) ends(t *testing.T) (trace, outer string, err error) {
	err = p.Run(t.Context())
	<-p.carrier.ended
	last := p.carrier.last
	return strings.Join(p.trace, " "), fmt.Sprintf("%d:%s:%t", last.Code, last.Reason, last.WasClean), err
}

// leavesNothing wants no goroutine of this module in the end that is not there now.
func leavesNothing(t *testing.T) {
	before := len(goroutines())
	t.Cleanup(func() {
		for limit := time.Now().Add(20 * time.Second); len(goroutines()) > before; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%d before, now:\n%s", before, strings.Join(goroutines(), "\n\n"))
			}
		}
	})
}

// goroutines are the stacks of this module's goroutines. A peer in the same process has its own.
func goroutines() []string {
	all := make([]byte, 1<<20)
	stacks := strings.Split(string(all[:runtime.Stack(all, true)]), "\n\n")
	return slices.DeleteFunc(stacks, func(stack string) bool {
		return !strings.Contains(stack, "/twinsocket/websocket") || strings.Contains(stack, "/testserver/peer.")
	})
}

func TestAsk(t *testing.T) {
	leavesNothing(t)
	inner, outer := newID(), newID()
	answer, err := ask(t.Context(), gateway("ws", outer), server()+"/echo?id="+inner, "héllo")
	if answer != "héllo" || err != nil {
		t.Errorf("got %q, %v", answer, err)
	}
	if got := recorded(t, inner); got != "request text:héllo close:1000: server" && got != "request text:héllo close:1000: fin" {
		t.Errorf("the server got %s", got)
	}
	if got := recorded(t, outer); !strings.Contains(got, " close:1000: ") {
		t.Errorf("the gateway got %s", got)
	}
}

func TestLargeMessagesPassBothWays(t *testing.T) {
	p := newPlay(t, gateway("ws", ""), server()+"/echo", "a", "b")
	large := bytes.Repeat([]byte("0123456789"), 300_000)
	p.OnOpen(func(websocket.Event) { p.Send(websocket.Binary(large)) })
	p.OnMessage(func(e *websocket.MessageEvent) {
		if !bytes.Equal(e.Data.Bytes(), large) || p.Protocol() != "a" {
			t.Errorf("got %d bytes, subprotocol %q", e.Data.Size(), p.Protocol())
		}
		p.Close(3000, "bye")
	})
	trace, outer, err := p.ends(t)
	if trace != "open message#3000000 close:3000:bye:true" || outer != "1000::true" || err != nil {
		t.Errorf("got %s, outer %s, %v", trace, outer, err)
	}
}

// Several at the same time do not know of each other.
func TestConnectionsAreIndependent(t *testing.T) {
	var all []*play
	turns := make([]chan struct{}, 4)
	for i := range turns {
		turns[i] = make(chan struct{})
		p := newPlay(t, gateway("ws", ""), server()+"/echo")
		p.OnOpen(func(websocket.Event) { p.Send(websocket.Binary(make([]byte, i))) })
		p.OnMessage(func(*websocket.MessageEvent) {
			<-turns[i]
			p.Close(uint16(3000+i), "")
		})
		all = append(all, p)
		p.Start()
	}
	for i, p := range all { // those behind it stay open
		close(turns[i])
		trace, outer, err := p.ends(t)
		if want := fmt.Sprintf("open message#%d close:%d::true", i, 3000+i); trace != want || outer != "1000::true" || err != nil {
			t.Errorf("got %s, outer %s, %v, want %s", trace, outer, err, want)
		}
	}
}

func TestHowBothConnectionsEnd(t *testing.T) {
	for _, c := range []struct {
		name, gateway, url    string
		want, outer, recorded string
		read                  uint16 // the close code in the error
	}{
		{"the server closes", gateway("ws", ""), "/close?code=4001&reason=why", "open close:4001:why:true", "1000::true", "request close:4001:why ", 0},
		{"the server ends TCP", gateway("ws", ""), "/raw?do=fin&do=hold", "open error close:1006::false", "1000::true", "request ", 0},
		{"the server resets TCP", gateway("ws", ""), "/raw?do=rst", "open error close:1006::false", "1011:TCP was reset:true", "request server", 1011},
		{"the server breaks the protocol", gateway("ws", ""), "/raw?do=frame:1,3,x&do=hold", "open error close:1006::false", "4000::true", "", 0},
		{"nobody listens", gateway("closed", ""), "/", "error close:1006::false", "1011:can't connect:true", "", 1011},
		{"the gateway is lost", server() + "/raw?do=expect:message&do=end", "/", "error close:1006::false", "1006::false", "", 1006},
		{"the gateway refuses messages", server() + "/close?code=1003&after=message", "/", "error close:1006::false", "1003::true", "", 1003},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, id := server()+c.url, newID()
			if c.recorded != "" {
				url += "&id=" + id
			}
			trace, outer, err := newPlay(t, c.gateway, url).ends(t)
			if trace != c.want || outer != c.outer {
				t.Errorf("got  %s, outer %s\nwant %s, outer %s", trace, outer, c.want, c.outer)
			}
			var why *websocket.WebSocketError
			for cause := err; errors.As(cause, &why); cause = why.Unwrap() { // the innermost is the carrier's
			}
			if c.read != 0 && (why == nil || why.CloseCode != c.read) {
				t.Errorf("got the error %v, want one with the code %d", err, c.read)
			}
			if c.recorded == "" {
				return
			}
			if got := recorded(t, id); !strings.HasPrefix(got, c.recorded) {
				t.Errorf("the server got %s, want %s", got, c.recorded)
			}
		})
	}
}

func TestGatewayThatIsNone(t *testing.T) {
	leavesNothing(t)
	for _, gateway := range []string{server() + "/status?code=404", os.Getenv("TESTSERVER_CLOSED"), "ftp://h/"} {
		if _, _, err := through(t.Context(), websocket.Dialer{}, gateway, "ws://h/"); err == nil {
			t.Errorf("%s was taken", gateway)
		}
	}
	if _, _, err := through(t.Context(), websocket.Dialer{}, gateway("ws", ""), "ftp://h/"); !errors.Is(err, websocket.ErrSyntax) {
		t.Errorf("got %v, want a SyntaxError", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dial(gone, websocket.Dialer{}, gateway("ws", "")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's cause", err)
	}
}

// A message that nobody reads does not keep the carrier from ending.
func TestCloseEndsAListenerThatWaits(t *testing.T) {
	leavesNothing(t)
	c, err := dial(t.Context(), websocket.Dialer{}, server()+"/send?n=20&size=100000&type=binary")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 10)); err != nil { // the rest of it waits
		t.Error(err)
	}
	c.Close()
	<-c.ended
}
