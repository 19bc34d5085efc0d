//go:build !js

package peer

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/gorilla/websocket"
)

// message is something to send.
type message struct {
	kind    int
	payload []byte
}

// generated makes the messages that n asks for, one by one.
type generated struct{ kind, count, size int }

func (g generated) message(i int) message {
	number := strconv.Itoa(i)
	fill := bytes.Repeat([]byte{'.'}, max(0, g.size-len(number)))
	return message{g.kind, append([]byte(number), fill...)}
}

// sendParams is what the query asks /send for.
func sendParams(q query) (messages []message, g generated, err error) {
	for _, p := range q {
		switch p.name {
		case "text":
			messages = append(messages, message{websocket.TextMessage, []byte(p.value)})
		case "binary":
			payload, err := parseHex(p.name, p.value)
			if err != nil {
				return nil, g, err
			}
			messages = append(messages, message{websocket.BinaryMessage, payload})
		}
	}
	switch kind := q.get("type"); kind {
	case "", "text":
		g.kind = websocket.TextMessage
	case "binary":
		g.kind = websocket.BinaryMessage
	default:
		return nil, g, fmt.Errorf("testserver: type: got %q, want text or binary", kind)
	}
	if g.count, err = q.number("n", 0, math.MaxInt32, 0); err != nil {
		return nil, g, err
	}
	g.size, err = q.number("size", 0, maxLength-1, 0)
	return messages, g, err
}

func serveSend(x *exchange) error {
	messages, g, err := sendParams(x.query)
	if err != nil {
		return err
	}
	body, err := closeParams(x.query, "close")
	if err != nil {
		return err
	}
	ws := x.upgrade()
	if ws == nil {
		return nil
	}
	for _, m := range messages {
		if ws.WriteMessage(m.kind, m.payload) != nil {
			return nil
		}
	}
	for i := range g.count {
		m := g.message(i)
		if ws.WriteMessage(m.kind, m.payload) != nil {
			return nil
		}
	}
	if body == nil {
		echo(ws)
		return nil
	}
	sendClose(ws, body)
	awaitClose(ws)
	return nil
}
