//go:build !js

package peer

import (
	"strings"
	"testing"
)

func TestPairIsJoined(t *testing.T) {
	s := start(t)
	a, b := open(t, s, "/pair?with=x"), open(t, s, "/pair?with=x")
	send(t, a, "to b")
	want(t, receive(b), "text:to b")
	send(t, b, "to a")
	want(t, receive(a), "text:to a")
	sendClose(a, closeBody(3000, "bye"))
	want(t, receive(b), "close:3000:bye")
	want(t, receive(a), "close:3000:bye")
}

func TestPairEndsTogether(t *testing.T) {
	s := start(t)
	a, b := open(t, s, "/pair?with=x"), open(t, s, "/pair?with=x")
	a.Close()
	if got := receive(b); !strings.Contains(got, "1006") {
		t.Errorf("got %q, want an end without a Close frame", got)
	}
}

func TestPairNeedsAName(t *testing.T) {
	s := start(t)
	if _, _, err := dialer(s).Dial(s.WS()+"/pair", nil); err == nil {
		t.Error("got no error")
	}
}
