package interop

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/twinsocket/websocket/netconn"
)

// overWebSocket is for SetCustomOpenConnectionFn. MQTT 5.0, 6: the subprotocol is mqtt.
func overWebSocket(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
	return netconn.Dial(context.Background(), u.String(), "mqtt")
}

func connectMQTT(t *testing.T, options ...func(*mqtt.ClientOptions)) mqtt.Client {
	t.Helper()
	o := mqtt.NewClientOptions().AddBroker(os.Getenv("TESTSERVER_MQTT")).SetClientID(fmt.Sprint(rand.Uint32())).
		SetCustomOpenConnectionFn(overWebSocket).SetAutoReconnect(false)
	for _, set := range options {
		set(o)
	}
	c := mqtt.NewClient(o)
	await(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(250) })
	return c
}

func await(t *testing.T, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(20 * time.Second) {
		t.Fatal("no answer in 20 s")
	}
	if err := token.Error(); err != nil {
		t.Fatal(err)
	}
}

// At each quality of service every message comes, once and in order.
func TestMQTTDeliversInOrder(t *testing.T) {
	const n = 200 // Mosquitto queues 1,000 at most
	topic := fmt.Sprint("news/", rand.Uint32())
	subscriber, publisher := connectMQTT(t), connectMQTT(t)
	for qos := range byte(3) {
		got := make(chan string, n)
		await(t, subscriber.Subscribe(topic, qos, func(_ mqtt.Client, m mqtt.Message) { got <- string(m.Payload()) }))
		for i := range n {
			await(t, publisher.Publish(topic, qos, false, fmt.Sprint(i, strings.Repeat("x", 10*i))))
		}
		for i := range n {
			if m := <-got; m != fmt.Sprint(i, strings.Repeat("x", 10*i)) {
				t.Fatalf("qos %d, message %d: got %.40q", qos, i, m)
			}
		}
		await(t, subscriber.Unsubscribe(topic))
	}
}

// Mosquitto's WebSockets are slow, with whatever client: 100,000 bytes take seconds.
func TestMQTTCarriesLargeMessages(t *testing.T) {
	const size = 50_000
	topic := fmt.Sprint("large/", rand.Uint32())
	c := connectMQTT(t)
	got := make(chan int, 1)
	await(t, c.Subscribe(topic, 1, func(_ mqtt.Client, m mqtt.Message) { got <- len(m.Payload()) }))
	await(t, c.Publish(topic, 1, false, make([]byte, size)))
	if n := <-got; n != size {
		t.Errorf("got %d bytes", n)
	}
}

// A client that is gone without a goodbye leaves its will.
func TestMQTTWill(t *testing.T) {
	topic := fmt.Sprint("will/", rand.Uint32())
	watcher := connectMQTT(t)
	got := make(chan string, 1)
	await(t, watcher.Subscribe(topic, 1, func(_ mqtt.Client, m mqtt.Message) { got <- string(m.Payload()) }))
	var conn net.Conn
	connectMQTT(t, func(o *mqtt.ClientOptions) {
		o.SetWill(topic, "gone", 1, false)
		o.SetCustomOpenConnectionFn(func(u *url.URL, options mqtt.ClientOptions) (c net.Conn, err error) {
			conn, err = overWebSocket(u, options)
			return conn, err
		})
	})
	conn.Close()
	if will := <-got; will != "gone" {
		t.Errorf("got %q", will)
	}
}
