package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/twinsocket/websocket"
)

// fakeStream opens a stream over a fake connection, of which opening says what it reports when it is started.
func fakeStream(t *testing.T, o websocket.Options, opening func(f *fakeConn)) (*websocket.WebSocketStream, *fakeConn, error) {
	t.Helper()
	f := new(fakeConn)
	d := &websocket.Dialer{Options: o, Engine: func(url string, protocols []string, s websocket.Sink) (websocket.Conn, error) {
		f.did("%s %v", url, protocols)
		f.Sink = s
		f.started = func() { opening(f) }
		return f, nil
	}}
	s, err := d.OpenStream(t.Context(), "HTTP://h:80/p", "a")
	return s, f, err
}

// An interleaving of calls from above and reports from below, and what comes of it on both sides.
func TestStreamInterleavings(t *testing.T) {
	type stream = *websocket.WebSocketStream
	type step = func(s stream, f *fakeConn) string
	text := func(s stream, f *fakeConn) string { f.Text("m"); return "" }
	peerCloses := func(s stream, f *fakeConn) string { f.Sink.Closing(); return "" }
	closed := func(s stream, f *fakeConn) string { f.Closed(3000, "bye", true, nil); return "" }
	broken := func(s stream, f *fakeConn) string { f.Closed(1006, "", false, errors.New("broken")); return "" }
	closes := func(s stream, f *fakeConn) string { return fmt.Sprint("close:", s.Close(4000, "x")) }
	writes := func(s stream, f *fakeConn) string {
		return "write:" + errorName(s.Write(t.Context(), websocket.Text("s")))
	}
	reads := func(s stream, f *fakeConn) string {
		d, err := s.Read(t.Context())
		return "read:" + d.Text() + errorName(err)
	}
	ends := func(s stream, f *fakeConn) string {
		info, err := s.Closed(t.Context())
		return fmt.Sprintf("end:%d:%s:%t:%s", info.Code, info.Reason, info.WasClean, errorName(err))
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  string
		calls string
	}{
		{"a life", []step{text, reads, writes, closes, closed, reads, ends},
			"read:m<nil> write:<nil> close:<nil> read:EOF end:3000:bye:true:<nil>", "text:s close:4000:x"},
		{"Close, then a message that was under way", []step{text, closes, text, closed, reads, reads}, "close:<nil> read:m<nil> read:EOF", "close:4000:x"},
		{"Close twice", []step{closes, closes, closed, closes}, "close:<nil> close:<nil> close:<nil>", "close:4000:x"},
		{"the peer's Close, then Write and Close", []step{peerCloses, writes, closes, closed, ends},
			"write:InvalidStateError close:<nil> end:3000:bye:true:<nil>", ""},
		{"Write after Close and after a clean end", []step{closes, writes, closed, writes},
			"close:<nil> write:InvalidStateError write:InvalidStateError", "close:4000:x"},
		{"an end that is not clean", []step{text, broken, writes, reads, reads, reads, ends},
			"write:WebSocketError:1006: read:m<nil> read:WebSocketError:1006: read:WebSocketError:1006: end:1006::false:WebSocketError:1006:", ""},
		{"messages behind the peer's Close are none of a browser's, but may be another engine's", []step{peerCloses, text, closed, reads, reads},
			"read:m<nil> read:EOF", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, f, err := fakeStream(t, websocket.Options{}, func(f *fakeConn) { f.Opened("a", "x-ext") })
			if err != nil || s.Protocol() != "a" || s.Extensions() != "x-ext" || s.URL() != "ws://h/p" {
				t.Fatalf("got %q, %q, %q, %v", s.URL(), s.Protocol(), s.Extensions(), err)
			}
			var trace []string
			for _, step := range c.steps {
				if did := step(s, f); did != "" {
					trace = append(trace, did)
				}
			}
			if got := strings.Join(trace, " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := strings.Join(f.calls[2:], " "); got != c.calls {
				t.Errorf("calls: got %s, want %s", got, c.calls)
			}
		})
	}
}

func TestStreamWhoseHandshakeTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f, err := fakeStream(t, websocket.Options{HandshakeTimeout: time.Second}, func(f *fakeConn) {
			time.Sleep(2 * time.Second)
			f.Closed(1006, "", false, nil)
		})
		if s != nil || errorName(err) != "WebSocketError:1006:" || !strings.Contains(err.Error(), "took longer than 1 s") {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if got := f.calls[len(f.calls)-1]; got != "fail" {
			t.Errorf("got %s", got)
		}
	})
}

// The engine waits while too much is unread, until half of it is read or the stream is closed.
func TestSinkBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, many = 100 - 64, 4000 // each counts 64 more
		s, f, err := fakeStream(t, websocket.Options{}, func(f *fakeConn) { f.Opened("", "") })
		if err != nil {
			t.Fatal(err)
		}
		var delivered atomic.Int64
		go func() {
			for range many {
				f.Text(strings.Repeat("x", size))
				delivered.Add(1)
			}
			f.Closed(1000, "", true, nil)
		}()
		wantDelivered := func(when string, want int64) {
			t.Helper()
			synctest.Wait()
			if got := delivered.Load(); got != want {
				t.Errorf("%s: %d are delivered, want %d", when, got, want)
			}
		}
		const most = 256 << 10 / 100
		wantDelivered("nothing is read", most)
		must(t, second(s.Read(t.Context())))
		wantDelivered("one is read", most)
		for range most / 2 {
			must(t, second(s.Read(t.Context())))
		}
		wantDelivered("half of it is read", most+most/2+1)
		must(t, s.Close(1000, ""))
		wantDelivered("it is closed", many)
		for range s.Messages(t.Context()) {
		}
	})
}

func second[T any](_ T, err error) error { return err }

// Parts and those who read them, in every order: a message is one reader's, whole or not at all.
func TestPartsAndReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f, err := fakeStream(t, websocket.Options{}, func(f *fakeConn) { f.Opened("", "") })
		if err != nil {
			t.Fatal(err)
		}
		part := func(text string, last bool) { f.Sink.(websocket.PartSink).Part(true, []byte(text), last) }
		read := func(ctx context.Context, want string) {
			t.Helper()
			d, err := s.Read(ctx)
			if got := d.Text() + errorName(err); got != want {
				t.Errorf("Read: got %s, want %s", got, want)
			}
		}
		begin := func() *websocket.MessageReader {
			t.Helper()
			r, err := s.Reader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		rest := func(r io.Reader, want string) {
			t.Helper()
			b, err := io.ReadAll(r)
			if got := string(b) + errorName(err); got != want {
				t.Errorf("Reader: got %s, want %s", got, want)
			}
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		waits := func() context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			t.Cleanup(cancel)
			return ctx
		}

		part("a", false)
		read(waits(), "context deadline exceeded")
		part("b", true)
		read(waits(), "ab<nil>") // nothing of it was lost

		part("c", false)
		read(waits(), "context deadline exceeded")
		read(ended, "context canceled")
		r := begin() // of what Read had begun
		go part("d", true)
		rest(r, "cd<nil>")

		part("e", false)
		r = begin()
		go func() {
			synctest.Wait()
			f.Text("next")
		}()
		part("f", true)
		old := begin() // the rest of e is passed over, as soon as it has come
		rest(old, "next<nil>")
		rest(r, "eInvalidStateError")

		part("g", false)
		r = begin()
		waiting := make(chan error)
		go func() {
			_, err := io.ReadAll(r)
			waiting <- err
		}()
		synctest.Wait()
		go read(waits(), "behind g<nil>")
		if err := <-waiting; !errors.Is(err, websocket.ErrInvalidState) { // it is told at once
			t.Errorf("got %v", err)
		}
		part("h", false)
		part("i", true)
		f.Text("behind g")
		synctest.Wait()

		go read(waits(), "jj<nil>")
		synctest.Wait()
		part("j", false)
		synctest.Wait() // Read has it
		part("j", true)
		synctest.Wait()

		part("l", false)
		r = begin()
		f.Closed(1000, "", true, nil)
		rest(r, "lunexpected EOF")
		rest(r, "unexpected EOF")
		read(waits(), "EOF")
	})
}

// keeper is an engine that keeps the texts it is given.
type keeper struct {
	fakeConn
	kept []string
}

func (k *keeper) SendText(s string) { k.kept = append(k.kept, s) }

// When Write has returned, a message's bytes are the caller's again, who may have made the text of them without a copy.
func TestWriteKeepsNothing(t *testing.T) {
	k := new(keeper)
	d := &websocket.Dialer{Engine: func(_ string, _ []string, s websocket.Sink) (websocket.Conn, error) {
		k.Sink = s
		k.started = func() { s.Opened("", "") }
		return k, nil
	}}
	s, err := d.OpenStream(t.Context(), "ws://h/")
	if err != nil {
		t.Fatal(err)
	}
	b := []byte("mine")
	must(t, s.Write(t.Context(), websocket.Text(unsafe.String(&b[0], len(b)))))
	copy(b, "gone")
	if len(k.kept) != 1 || k.kept[0] != "mine" {
		t.Errorf("got %q", k.kept)
	}
	k.Closed(1000, "", true, nil)
}
