package websocket_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

func borrowing() *websocket.Dialer {
	return &websocket.Dialer{Options: websocket.Options{BorrowMessages: true}}
}

func TestBorrowedMessages(t *testing.T) {
	long := strings.Repeat("0123456789", 30000)
	runRows(t, []row{
		{name: "texts and binaries", url: "/send?text=a&binary=0102&text=&text=héllo&binary=&close=1000", dialer: borrowing(),
			want: "open/1 text:a/1 binary:0102/1 text:/1 text:héllo/1 binary:/1 close:1000::true/3"},
		{name: "in one segment", url: raw("join", "text:one", "text:two", "binary:03", "flush", "close:1000", "expect:close", "end"), dialer: borrowing(),
			want: "open/1 text:one/1 text:two/1 binary:03/1 close:1000::true/3"},
		{name: "byte by byte", url: raw("chunk:1", "text:one", "text:two", "close:1000", "expect:close", "end"), dialer: borrowing(),
			want: "open/1 text:one/1 text:two/1 close:1000::true/3"},
		{name: "fragments", url: raw("frame:0,1,hé", "frame:0,0,", "frame:1,0,llo", "frame:0,1,x", "frame:1,0,y", "close:1000", "expect:close", "end"),
			dialer: borrowing(), want: "open/1 text:héllo/1 text:xy/1 close:1000::true/3"},
		{name: "bad UTF-8", url: raw("text:ok", "expect", "hex:8101ff", "expect:close", "end"), dialer: borrowing(), on: does{"text:ok": send("go")},
			want: "open/1 text:ok/1 error/3 close:1006::false/3", err: "1007"},
		{name: "an echo of what is borrowed", url: "/echo?", dialer: borrowing(), on: does{"open": send(long, "é", "end"), "text:end": closes(1000, "")},
			before: func(s *socket) {
				n := 0
				s.OnMessage(func(e *websocket.MessageEvent) {
					if n++; n <= 2 {
						must(t, s.Send(e.Data))
					}
				})
			}, want: "open/1 message#300000/1 text:é/1 text:end/1 close:1000::true/3"},
		{name: "compressed", url: "/echo?deflate=1", dialer: borrowing(), on: does{"open": send(long), "message": closes(1000, "")},
			want: "open/1 message#300000/1 close:1000::true/3"},
	})
}

// Each message is whole while its listeners run, whatever its size and the sizes before it.
func TestBorrowedMessagesAreWhole(t *testing.T) {
	sizes := []int{1, 100, 5000, 70000, 3, 300000, 1 << 20, 200000, 2 << 20, 10, 1 << 20, 65536, 65535}
	pattern := func(i, size int) []byte {
		return bytes.Repeat([]byte{byte(i + 1), byte(size), byte(size >> 8)}, size/3+1)[:size]
	}
	got := 0
	s := newSocket(t, borrowing(), server()+"/echo")
	s.OnMessage(func(e *websocket.MessageEvent) {
		if want := pattern(got, sizes[got]); !bytes.Equal(e.Data.Bytes(), want) || e.Data.Text() != string(want) {
			t.Errorf("message %d of %d bytes differs", got, sizes[got])
		}
		if got++; got == len(sizes) {
			s.Close(1000, "")
		}
	})
	s.OnOpen(func(websocket.Event) {
		for i, size := range sizes {
			must(t, s.Send(websocket.Binary(pattern(i, size))))
		}
	})
	s.run()
	if got != len(sizes) {
		t.Errorf("got %d messages, want %d", got, len(sizes))
	}
}

// While a listener blocks, others are read behind its back, and what it was lent stays.
func TestBorrowedMessageOfAListenerThatBlocks(t *testing.T) {
	const n = 200
	want := func(i int) string { return fmt.Sprint(i) + strings.Repeat(".", 1000-len(fmt.Sprint(i))) }
	got := 0
	s := newSocket(t, borrowing(), server()+fmt.Sprintf("/send?n=%d&size=1000&type=text&close=1000", n))
	s.OnMessage(func(e *websocket.MessageEvent) {
		b := e.Data.Bytes()
		if got == 0 {
			<-time.After(250 * time.Millisecond) // blocks, and lets the others come
		}
		if string(b) != want(got) || e.Data.Text() != want(got) {
			t.Errorf("message %d: got %.20q…", got, b)
		}
		got++
	})
	s.run()
	if got != n {
		t.Errorf("got %d messages, want %d", got, n)
	}
}

func TestBlobsAndTextsAreNotBorrowed(t *testing.T) {
	var blobs []*websocket.Blob
	var texts []string
	row{url: raw("join", "binary:0101", "binary:0202", "flush", "binary:0303", "text:one", "text:two", "close:1000", "expect:close", "end"), dialer: borrowing(),
		before: func(s *socket) {
			s.SetBinaryType(websocket.BlobType)
			s.OnMessage(func(e *websocket.MessageEvent) {
				if b := e.Data.Blob(); b != nil {
					blobs = append(blobs, b)
				} else {
					texts = append(texts, e.Data.Text())
				}
			})
		}, want: "open/1 blob:2/1 blob:2/1 blob:2/1 text:one/1 text:two/1 close:1000::true/3"}.run(t)
	for i, b := range blobs {
		if got, err := b.Bytes(); err != nil || len(got) != 2 || int(got[0]) != i+1 {
			t.Errorf("Blob %d: got %x, %v", i, got, err)
		}
	}
	if got := strings.Join(texts, " "); got != "one two" {
		t.Errorf("got %q", got)
	}
}

func TestBorrowingIsTheOwnEnginesAlone(t *testing.T) {
	d := borrowing()
	d.Engine = func(string, []string, websocket.Sink) (websocket.Conn, error) { return new(fakeConn), nil }
	if _, err := d.New("ws://h/"); !errors.Is(err, websocket.ErrNotSupported) || !strings.Contains(err.Error(), "BorrowMessages") {
		t.Errorf("got %v", err)
	}
}
