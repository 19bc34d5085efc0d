package interop

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/twinsocket/websocket/netconn"
)

// natsOverWebSocket has nats.go speak its protocol over a WebSocket, which nats-server's listener takes for what it is.
type natsOverWebSocket struct {
	ctx context.Context
	url string
}

// Dial is for nats.SetCustomDialer.
func (d natsOverWebSocket) Dial(network, address string) (net.Conn, error) {
	return netconn.Dial(d.ctx, d.url)
}

func connectNATS(t *testing.T) *nats.Conn {
	t.Helper()
	// The URL's scheme is nats: with ws, nats.go would frame what it sends by itself.
	nc, err := nats.Connect("nats://127.0.0.1:1", nats.SetCustomDialer(natsOverWebSocket{t.Context(), os.Getenv("TESTSERVER_NATS")}),
		nats.NoReconnect(), nats.Timeout(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func TestNATSDeliversInOrder(t *testing.T) {
	nc := connectNATS(t)
	const n = 10_000
	got := make(chan *nats.Msg, n)
	sub, err := nc.ChanSubscribe("news.*", got)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	for i := range n {
		if err := nc.Publish("news.today", fmt.Append(nil, i, strings.Repeat("x", i%2000))); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		m := <-got
		if want := fmt.Sprint(i, strings.Repeat("x", i%2000)); m.Subject != "news.today" || string(m.Data) != want {
			t.Fatalf("message %d: got %.40q on %s", i, m.Data, m.Subject)
		}
	}
	if err := nc.FlushTimeout(20 * time.Second); err != nil {
		t.Error(err)
	}
}

func TestNATSRequestAndReply(t *testing.T) {
	service, client := connectNATS(t), connectNATS(t)
	big := make([]byte, 500_000)
	if _, err := service.Subscribe("echo", func(m *nats.Msg) { m.Respond(m.Data) }); err != nil {
		t.Fatal(err)
	}
	if err := service.FlushTimeout(20 * time.Second); err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{[]byte("hé"), {}, big} {
		m, err := client.Request("echo", data, 20*time.Second)
		if err != nil || string(m.Data) != string(data) {
			t.Errorf("%d bytes: got %v", len(data), err)
		}
	}
}

func TestNATSDrains(t *testing.T) {
	nc := connectNATS(t)
	closed := make(chan struct{})
	nc.SetClosedHandler(func(*nats.Conn) { close(closed) })
	if err := nc.Drain(); err != nil {
		t.Fatal(err)
	}
	<-closed
}
