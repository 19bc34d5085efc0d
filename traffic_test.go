package websocket_test

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// soakTime is how long TestTraffic takes: SOAK, such as 150s, or a few seconds.
func soakTime(t *testing.T) time.Duration {
	text := os.Getenv("SOAK")
	if text == "" {
		return 10 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Traffic of all kinds and sizes, in both directions at once, on sockets that come and go: nothing is lost, changed or out of
// order, for which each side checks numbers and sums. In a browser the page's timers and frames go on meanwhile.
func TestTraffic(t *testing.T) {
	watched := watchPage(t)
	end := time.Now().Add(soakTime(t))
	var group sync.WaitGroup
	var total traffic
	for worker := range 4 {
		group.Go(func() {
			for i := worker; time.Now().Before(end) && !t.Failed(); i++ {
				total.exchange(t, i)
			}
		})
	}
	group.Wait()
	t.Logf("%d sockets, %d messages, %d MB", total.sockets.Load(), total.messages.Load(), total.bytes.Load()>>20)
	watched()
}

// traffic counts what all sockets got and sent.
type traffic struct{ sockets, messages, bytes atomic.Int64 }

func (total *traffic) count(size int64) {
	total.messages.Add(1)
	total.bytes.Add(size)
}

// exchange is one socket's life. Its number says what it is like.
func (total *traffic) exchange(t *testing.T, number int) {
	const messages = 150
	d := &websocket.Dialer{Options: websocket.Options{BorrowMessages: number%2 == 0}}
	ws, err := d.New(fmt.Sprintf("%s/soak?n=%d&size=%d&deflate=%d", server(), messages, 1<<(number%20), number/2%2))
	if err != nil {
		t.Error(err)
		return
	}
	if number%3 == 0 {
		ws.SetBinaryType(websocket.BlobType)
	}
	got := 0
	ws.OnMessage(func(e *websocket.MessageEvent) {
		if !e.Data.IsText() || e.Data.Text() != "end:"+strconv.Itoa(got) {
			checkSum(t, got, content(t, e.Data))
			got++
			total.count(e.Data.Size())
		}
	})
	ws.OnOpen(func(websocket.Event) { go total.send(t, ws, messages) })
	var code uint16
	var reason string
	ws.OnClose(func(e *websocket.CloseEvent) { code, reason = e.Code, e.Reason })
	if err := ws.Run(t.Context()); err != nil || code != 1000 || got != messages {
		t.Errorf("socket %d: got %d of %d messages and the close code %d, %s: %v", number, got, messages, code, reason, err)
	}
	total.sockets.Add(1)
}

// send sends n messages, and holds no more than a few of them in memory.
func (total *traffic) send(t *testing.T, ws *websocket.WebSocket, n int) {
	for i := range n {
		d := sealed(i)
		must(t, ws.Send(d))
		total.count(d.Size())
		must(t, ws.WaitBuffered(t.Context(), 1<<20))
	}
	must(t, ws.Send(websocket.Text("end:"+strconv.Itoa(n))))
}

// sealed makes a message of a kind and size left to chance: its number, the sum of its content, its content.
func sealed(number int) websocket.Data {
	size := 1 << rand.IntN(18)
	if rand.IntN(3) == 0 {
		text := strings.Repeat("h\x00é€😀", size/11)
		return websocket.Text(fmt.Sprintf("%d:%08x:%s", number, crc32.ChecksumIEEE([]byte(text)), text))
	}
	bytes := make([]byte, size)
	for i := range bytes {
		bytes[i] = byte(rand.Uint32())
	}
	b := fmt.Appendf(nil, "%d:%08x:%s", number, crc32.ChecksumIEEE(bytes), bytes)
	if rand.IntN(3) == 0 {
		return websocket.FromBlob(websocket.NewBlob(b, ""))
	}
	return websocket.Binary(b)
}

// content returns a message's bytes, wherever they are.
func content(t *testing.T, d websocket.Data) []byte {
	if d.Blob() == nil {
		return d.Bytes()
	}
	b, err := d.Blob().Bytes()
	must(t, err)
	return b
}

func checkSum(t *testing.T, number int, message []byte) {
	head, rest, _ := bytes.Cut(message, []byte(":"))
	sum, content, _ := bytes.Cut(rest, []byte(":"))
	if want := fmt.Sprintf("%08x", crc32.ChecksumIEEE(content)); string(head) != strconv.Itoa(number) || string(sum) != want {
		t.Errorf("got message %.20q with the sum %.20q, want %d with %s", head, sum, number, want)
	}
}
