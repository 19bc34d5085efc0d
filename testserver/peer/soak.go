//go:build !js

package peer

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"strings"

	"github.com/gorilla/websocket"
)

// soakMessage is the message with the number in one direction. Their sizes are halves of the largest, down to nothing.
func soakMessage(number, size int) message {
	size >>= number % 20
	if number%3 == 0 {
		return sealed(websocket.TextMessage, number, []byte(strings.Repeat("aé€😀", size/10)))
	}
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i*number + i>>8)
	}
	return sealed(websocket.BinaryMessage, number, content)
}

// sealed makes a message of a number, the sum of the content, and the content.
func sealed(kind, number int, content []byte) message {
	return message{kind, fmt.Appendf(nil, "%d:%08x:%s", number, crc32.ChecksumIEEE(content), content)}
}

// checkSoak checks the client's message with the number.
func checkSoak(number int, payload []byte) error {
	head, content, _ := bytes.Cut(payload, []byte(":"))
	sum, content, _ := bytes.Cut(content, []byte(":"))
	if string(head) != strconv.Itoa(number) {
		return fmt.Errorf("got message %.20q, want %d", head, number)
	}
	if want := fmt.Sprintf("%08x", crc32.ChecksumIEEE(content)); string(sum) != want {
		return fmt.Errorf("message %d: got the sum %.20q, want %s", number, sum, want)
	}
	return nil
}

// soakEnd is the last message of n in one direction.
func soakEnd(n int) string { return "end:" + strconv.Itoa(n) }

func serveSoak(x *exchange) error {
	n, err := x.query.number("n", 0, math.MaxInt32, 100)
	if err != nil {
		return err
	}
	size, err := x.query.number("size", 0, maxLength-1, 64<<10)
	if err != nil {
		return err
	}
	ws := x.upgrade()
	if ws == nil {
		return nil
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		sendSoak(ws, n, size)
	}()
	err = receiveSoak(ws)
	if err != nil {
		sendClose(ws, closeBody(3001, err.Error()))
		x.conn.drain(waitLimit) // the sender may wait for a client that waits itself
	}
	<-sent
	sendClose(ws, closeBody(websocket.CloseNormalClosure, ""))
	awaitClose(ws)
	return nil
}

func sendSoak(ws *websocket.Conn, n, size int) {
	for i := range n {
		m := soakMessage(i, size)
		if ws.WriteMessage(m.kind, m.payload) != nil {
			return
		}
	}
	ws.WriteMessage(websocket.TextMessage, []byte(soakEnd(n)))
}

// receiveSoak reads to the client's last message.
func receiveSoak(ws *websocket.Conn) error {
	for number := 0; ; number++ {
		_, payload, err := ws.ReadMessage()
		if err != nil || string(payload) == soakEnd(number) {
			return nil // a client that has gone is not told
		}
		if err := checkSoak(number, payload); err != nil {
			return err
		}
	}
}
