package websocket_test

import (
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// written waits until the peer has written so many bytes to the connection with the id, or no more for a while, and returns how many
// it has.
func written(t *testing.T, id string, all int) int {
	t.Helper()
	last := -1
	for {
		n, err := strconv.Atoi(ask(t, server()+"/written?id="+url.QueryEscape(id)))
		if err != nil {
			t.Fatal(err)
		}
		if n >= all || n == last {
			return n
		}
		last = n
		time.Sleep(500 * time.Millisecond)
	}
}

// heap is how much of Go's memory is in use.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// A peer that floods a stream which nobody reads is held back; where a browser can't do that, what it sends waits outside Go's memory.
// Everything can be read afterwards.
func TestFloodOfAnIdleReader(t *testing.T) {
	const count, size, mib = 4096, 64 << 10, 1 << 20
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		id := newID(t)
		before := heap()
		s := openStream(t, d, fmt.Sprintf("/send?type=binary&n=%d&size=%d&id=%s", count, size, url.QueryEscape(id)))
		got := written(t, id, count*size)
		if holdsBack(d) != (got < 32*mib) {
			t.Errorf("the peer has written %d MiB of %d", got/mib, count*size/mib)
		}
		if grown := heap() - before; grown > 8*mib {
			t.Errorf("the heap has grown by %d KiB", grown/1024)
		}
		t.Logf("written %d KiB, heap grown by %d KiB", got/1024, (heap()-before)/1024)
		for i := range count {
			d, err := s.Read(waiting(t))
			if err != nil || d.Size() != size || !strings.HasPrefix(string(d.Bytes()[:10]), strconv.Itoa(i)+".") {
				t.Fatalf("message %d: got %.10q of %d bytes, %v", i, d.Bytes(), d.Size(), err)
			}
		}
		must(t, s.Write(waiting(t), websocket.Text("still here")))
		if d, err := s.Read(waiting(t)); err != nil || d.Text() != "still here" {
			t.Errorf("got %q, %v", d.Text(), err)
		}
	})
}

// holdsBack reports whether a stream that is not read holds its peer back.
func holdsBack(d websocket.Dialer) bool { return !browser || d.BrowserStream }

// At its limit a stream that can't hold its peer back fails, and what was received before can be read.
func TestReadQueueLimit(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		d.ReadQueueLimit = 10_000
		s := openStream(t, d, raw("repeat:100:text:"+strings.Repeat("x", 1000), "expect:message", "close:3000", "expect:close", "end"))
		n, want := 100, "EOF"
		if !holdsBack(d) {
			_, err := s.Closed(waiting(t))
			if err == nil || !strings.Contains(err.Error(), "(ReadQueueLimit)") {
				t.Errorf("got %v", err)
			}
			n, want = 9, "WebSocketError:1006:"
		}
		for range n {
			if d, err := s.Read(waiting(t)); err != nil || d.Size() != 1000 {
				t.Fatalf("got %d bytes, %v", d.Size(), err)
			}
		}
		s.Write(waiting(t), websocket.Text("all read"))
		if got := readAll(t, s); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
