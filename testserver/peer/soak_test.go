//go:build !js

package peer

import (
	"fmt"
	"testing"

	"github.com/gorilla/websocket"
)

func TestSoak(t *testing.T) {
	s := start(t)
	ws := open(t, s, "/soak?n=50&size=70000")
	for i := range 30 {
		m := soakMessage(i, 1000)
		ws.WriteMessage(m.kind, m.payload)
	}
	send(t, ws, "end:30")
	kinds := map[int]int{}
	for i := range 50 {
		kind, payload, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		if err := checkSoak(i, payload); err != nil {
			t.Error(err)
		}
		kinds[kind]++
	}
	want(t, receive(ws), "text:end:50")
	want(t, receive(ws), "close:1000:")
	want(t, fmt.Sprint(kinds[websocket.TextMessage], kinds[websocket.BinaryMessage]), "17 33")
	ws.Close()
}

func TestSoakSaysWhatIsWrong(t *testing.T) {
	s := start(t)
	for _, test := range []struct{ message, want string }{
		{"1:00000000:", `close:3001:got message "1", want 0`},
		{"0:00000001:", `close:3001:message 0: got the sum "00000001", want 00000000`},
		{"0:00000000:a", `close:3001:message 0: got the sum "00000000", want e8b7be43`},
		{"end:1", `close:3001:got message "end", want 0`},
		{"", `close:3001:got message "", want 0`},
	} {
		ws := open(t, s, "/soak?n=0")
		send(t, ws, test.message)
		got := receive(ws)
		if got == "text:end:0" {
			got = receive(ws)
		}
		want(t, got, test.want)
		ws.Close()
	}
}

// A client that goes in the middle leaves nothing, which start sees to.
func TestSoakOfAClientThatGoes(t *testing.T) {
	s := start(t)
	open(t, s, "/soak?n=100000&size=1000000").Close()
}
