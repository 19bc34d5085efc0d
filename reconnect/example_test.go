package reconnect_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/reconnect"
)

// exampleID is an id for a server that counts connections.
func exampleID(name string) string { return name + strconv.FormatInt(time.Now().UnixNano(), 36) }

// A server that restarts once: what was sent meanwhile arrives.
func Example() {
	s, err := reconnect.New(os.Getenv("TESTSERVER_WS") + "/close?code=1012&times=1&id=" + exampleID("restart"))
	if err != nil {
		fmt.Println(err)
		return
	}
	s.OnClose(func(e *websocket.CloseEvent) { fmt.Println("closed:", e.Code) })
	s.OnReconnecting(func(e *reconnect.ReconnectingEvent) {
		fmt.Println("reconnecting, attempt", e.Attempt)
		s.Send(websocket.Text("hello"))
		s.RetryNow()
	})
	s.OnMessage(func(e *websocket.MessageEvent) {
		fmt.Println(e.Data.Text())
		s.Close(1000, "")
	})
	fmt.Println(s.Run(context.Background()))
	// Output:
	// closed: 1012
	// reconnecting, attempt 1
	// hello
	// closed: 1000
	// <nil>
}

// A token that expires, in the URL, and a subscription that each connection begins with.
func ExampleDialer() {
	d := reconnect.Dialer{
		Prepare: func(ctx context.Context, a *reconnect.Attempt) error {
			a.URL += "&token=" + strconv.Itoa(a.Number) // from a request, say, that ends with ctx
			return nil
		},
		Subscribe: func(ws *websocket.WebSocket, first bool) { ws.Send(websocket.Text("subscribe news")) },
		Backoff:   reconnect.Backoff{First: 10 * time.Millisecond},
	}
	s, err := d.New(os.Getenv("TESTSERVER_WS") + "/echo?user=ada")
	if err != nil {
		fmt.Println(err)
		return
	}
	s.Send(websocket.Text("what else")) // leaves behind the subscription
	s.OnMessage(func(e *websocket.MessageEvent) {
		fmt.Println(e.Data.Text())
		if e.Data.Text() == "what else" {
			s.Close(1000, "")
		}
	})
	fmt.Println(s.Run(context.Background()))
	// Output:
	// subscribe news
	// what else
	// <nil>
}

// A policy of three attempts, for what the default policy would try again too.
func ExampleLoss() {
	backoff := reconnect.Backoff{First: 10 * time.Millisecond}
	d := reconnect.Dialer{Policy: func(l reconnect.Loss) (time.Duration, bool) {
		return backoff.Delay(l.Attempt), l.Attempt <= 3 && l.Temporary()
	}}
	s, err := d.New(os.Getenv("TESTSERVER_WS") + "/status?code=503")
	if err != nil {
		fmt.Println(err)
		return
	}
	s.OnEnd(func(e *reconnect.EndEvent) { fmt.Println("given up before attempt", e.Attempt) })
	fmt.Println(s.Run(context.Background()) != nil)
	// Output:
	// given up before attempt 4
	// true
}

func ExampleBackoff() {
	b := reconnect.Backoff{First: time.Second, Factor: 3, Most: 20 * time.Second, Jitter: -1}
	fmt.Println(b.Delay(1), b.Delay(2), b.Delay(3), b.Delay(4))
	// Output:
	// 1s 3s 9s 20s
}

func ExampleQueue() {
	d := reconnect.Dialer{QueueMessages: 1, QueueBytes: 100}
	s, err := d.New("wss://example.com/")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Send(websocket.Text("one")))
	fmt.Println(s.Send(websocket.Text("two")))
	s.Close(1000, "") // nothing was started
	// Output:
	// <nil>
	// reconnect: Send: the queue is full: got 3 bytes to send with 1 messages of 3 bytes queued, want at most 1 (QueueMessages) and 100 (QueueBytes)
}
