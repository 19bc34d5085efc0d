package websocket_test

import (
	"errors"
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

// The peer has begun to close, though nobody has read what came before that: it is too late to write.
func TestWriteBehindAnUnreadClose(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		const n = 400
		id := newID(t)
		s := openStream(t, d, raw(fmt.Sprintf("repeat:%d:text:%s", n, strings.Repeat("x", 1000)), "close:3000", "expect:close", "end")+"&id="+id)
		if d.BrowserStream { // which does not see Close before
			for range n / 2 {
				must(t, second(s.Read(waiting(t))))
			}
		}
		ask(t, server()+"/recorded?wait=2&id="+id)
		if err := s.Write(waiting(t), websocket.Text("too late")); !errors.Is(err, websocket.ErrInvalidState) {
			t.Errorf("got %v", err)
		}
		if got := readAll(t, s); !d.BrowserStream && got != strings.Repeat("message#1000 ", n)+"EOF" {
			t.Errorf("got %d messages and …%s", strings.Count(got, "#"), got[max(0, len(got)-20):])
		}
		if got := recorded(t, id); got != "request close:3000: server" {
			t.Errorf("the peer got %s", got)
		}
	})
}

// Order is kept however often the engine has to wait for the reader.
func TestReaderThatIsSlowerThanItsPeer(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		if holdsBack(d) {
			d.ReadQueueLimit = 1000
		}
		const n = 10_000
		s := openStream(t, d, fmt.Sprintf("/send?n=%d&size=20&close=3000", n))
		i := 0
		for d, err := range s.Messages(waiting(t)) {
			if err != nil || !strings.HasPrefix(d.Text(), strconv.Itoa(i)+".") {
				t.Fatalf("message %d: got %q, %v", i, d.Text(), err)
			}
			i++
			if i%100 == 0 {
				runtime.Gosched()
			}
		}
		if i != n {
			t.Errorf("got %d messages, want %d", i, n)
		}
	})
}
