//go:build !js

package main

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// What never reads is given up soon. A browser would take its own minute.
var impatient = websocket.Dialer{Options: websocket.Options{CloseTimeout: 50 * time.Millisecond}}

// What the server does not take stays with the inner connection, where bufferedAmount tells of it.
func TestAServerThatNeverReadsHoldsTheInnerConnectionBack(t *testing.T) {
	ws, c, err := through(t.Context(), impatient, gateway("ws", ""), server()+"/slow?rate=0")
	if err != nil {
		t.Fatal(err)
	}
	const much = 64 << 20
	ws.OnOpen(func(websocket.Event) {
		ws.Send(websocket.Binary(make([]byte, much)))
		go func() {
			defer c.Abort()
			awaitFull(c)
			if n := ws.BufferedAmount(); n == 0 {
				t.Error("the inner connection has nothing left")
			}
		}()
	})
	if err := ws.Run(t.Context()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want a closed pipe", err)
	}
	if n := c.ws.BufferedAmount(); n > 2*window {
		t.Errorf("got %d bytes left in the outer connection, want at most %d", n, 2*window)
	}
	<-c.ended
}

// awaitFull waits until a Write must wait.
func awaitFull(c *carrier) {
	for c.ws.BufferedAmount() <= window {
		time.Sleep(time.Millisecond)
	}
}

func TestCloseEndsAReadAndAWriteThatWait(t *testing.T) {
	leavesNothing(t)
	for name, end := range map[string]func(*carrier) error{"Close": (*carrier).Close, "Abort": (*carrier).Abort} {
		c, err := dial(t.Context(), impatient, server()+"/slow?rate=0") // no gateway, but it takes messages
		if err != nil {
			t.Fatal(err)
		}
		results := make(chan error, 2)
		go func() {
			_, err := c.Read(make([]byte, 1))
			results <- err
		}()
		go func() {
			var err error
			for err == nil {
				_, err = c.Write(make([]byte, 64<<10))
			}
			results <- err
		}()
		awaitFull(c)
		end(c)
		for range 2 {
			if err := <-results; !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("%s: got %v, want a closed pipe", name, err)
			}
		}
		<-c.ended
	}
}
