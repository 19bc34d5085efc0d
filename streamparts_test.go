package websocket_test

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// writeParts writes a message in pieces of n bytes.
func writeParts(t *testing.T, s *websocket.WebSocketStream, kind websocket.MessageKind, message string, n int) {
	t.Helper()
	w, err := s.Writer(waiting(t), kind)
	if err != nil {
		t.Fatal(err)
	}
	for rest := message; rest != ""; {
		piece := rest[:min(n, len(rest))]
		if k, err := io.WriteString(w, piece); k != len(piece) || err != nil {
			t.Fatalf("wrote %d of %d, %v", k, len(piece), err)
		}
		rest = rest[len(piece):]
	}
	must(t, w.Close())
}

// readParts reads a message, a little at a time.
func readParts(t *testing.T, s *websocket.WebSocketStream) (websocket.MessageKind, string) {
	t.Helper()
	r, err := s.Reader(waiting(t))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	return r.Kind(), string(b)
}

// What is written in pieces arrives as one message, and can be read in pieces or at once.
func TestMessagesInPieces(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		id := newID(t)
		s := openStream(t, d, "/echo?id="+url.QueryEscape(id))
		want := []string{"request"}
		for _, c := range []struct{ size, piece int }{
			{0, 1}, {1, 1}, {10, 3}, {16<<10 - 1, 1000}, {16 << 10, 16 << 10}, {100_001, 16<<10 + 1}, {1 << 20, 1 << 20}, {3 << 20, 100_000},
		} {
			for _, kind := range []websocket.MessageKind{websocket.TextMessage, websocket.BinaryMessage} {
				message := strings.Repeat("é€🙂.", c.size/10+1)[:c.size/10*10] + strings.Repeat("x", c.size%10)
				writeParts(t, s, kind, message, c.piece)
				gotKind, got := readParts(t, s)
				if gotKind != kind || got != message {
					t.Errorf("%d bytes by %d: got kind %d, %d bytes", c.size, c.piece, gotKind, len(got))
				}
				writeParts(t, s, kind, message, c.piece)
				whole, err := s.Read(waiting(t))
				if err != nil || whole.IsText() != (kind == websocket.TextMessage) || string(whole.Bytes()) != message {
					t.Errorf("%d bytes by %d: got %d bytes, %v", c.size, c.piece, whole.Size(), err)
				}
				want = append(want, record(kind, message), record(kind, message))
			}
		}
		must(t, s.Close(1000, ""))
		if got := recorded(t, id); got != strings.Join(want, " ")+" close:1000: server" {
			t.Errorf("the peer got %s", got)
		}
	})
}

// Compressed messages are put together first, also between parts.
func TestMessagesInPiecesWithCompression(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := openStream(t, d, "/echo?deflate=1")
		for _, size := range []int{10, 10_000, 1_000_000} {
			message := strings.Repeat("0123456789", size/10)
			for range 2 {
				writeParts(t, s, websocket.TextMessage, message, 5000)
				if _, got := readParts(t, s); got != message {
					t.Errorf("got %d bytes, want %d", len(got), size)
				}
				must(t, s.Write(waiting(t), websocket.Binary([]byte(message))))
				if d, err := s.Read(waiting(t)); err != nil || string(d.Bytes()) != message {
					t.Errorf("got %d bytes, %v, want %d", d.Size(), err, size)
				}
			}
		}
	})
}

// record is the peer's line for a message.
func record(kind websocket.MessageKind, message string) string {
	name := [...]string{"text", "binary"}[kind]
	switch {
	case len(message) > 64:
		return fmt.Sprintf("%s#%d:sha1=%x", name, len(message), sha1.Sum([]byte(message)))
	case kind == websocket.TextMessage:
		return "text:" + message
	}
	return fmt.Sprintf("binary:%x", message)
}

// Invalid text is sent as U+FFFD for each byte that is no part of a character, wherever the pieces end.
func TestInvalidTextInPieces(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := openStream(t, d, "/echo")
		long := strings.Repeat("x", 20_000)
		for _, message := range []string{"a\xffb", "\xe2\x82", long + "\xe2\x82", long + "\xe2" + long + "\x82\xac", "\xf0\x9f" + long} {
			for _, n := range []int{1 << 20, 1000, 20_001} {
				writeParts(t, s, websocket.TextMessage, message, n)
				if _, got := readParts(t, s); got != string([]rune(message)) {
					t.Errorf("by %d: got …%q", n, got[max(0, len(got)-10):])
				}
			}
		}
	})
}

// A message that nobody holds as a whole: its sender is held back while it is not read. In a browser it is put together first.
func TestLargeMessageIsNotHeld(t *testing.T) {
	const mib = 1 << 20
	size := 256 * mib
	if browser {
		size = 16 * mib
	}
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		d.ReadLimit = -1
		id := newID(t)
		before := heap()
		s := openStream(t, d, raw("expect:message", fmt.Sprintf("hex:827f%016x", size), fmt.Sprintf("zeros:%d", size), "text:next")+"&id="+url.QueryEscape(id))
		soon, cancel := context.WithTimeout(waiting(t), time.Millisecond)
		defer cancel()
		if _, err := s.Reader(soon); !errors.Is(err, context.DeadlineExceeded) { // from here on a message comes in parts
			t.Fatal(err)
		}
		must(t, s.Write(waiting(t), websocket.Text("go")))
		r, err := s.Reader(waiting(t))
		if err != nil {
			t.Fatal(err)
		}
		if !browser {
			if n := written(t, id, size); n > 32*mib {
				t.Errorf("the peer has written %d MiB", n/mib)
			}
		}
		most := 0
		p := make([]byte, 1<<20)
		for n := 0; n < size; {
			k, err := r.Read(p)
			if err != nil || k == 0 {
				t.Fatalf("got %d bytes, %v behind %d", k, err, n)
			}
			if n/(16*mib) != (n+k)/(16*mib) {
				most = max(most, heap()-before)
			}
			n += k
		}
		if n, err := r.Read(p); n != 0 || err != io.EOF {
			t.Errorf("got %d bytes, %v at the end", n, err)
		}
		t.Logf("the heap has grown by %d KiB", most/1024)
		if !browser && most > size/16 { // the peer is in this process, and allocates while it is measured
			t.Errorf("the heap has grown by %d KiB", most/1024)
		}
		if d, err := s.Read(waiting(t)); err != nil || d.Text() != "next" {
			t.Errorf("got %q, %v", d.Text(), err)
		}
	})
}

// The next Read gives up what is left of a message.
func TestReaderThatIsNotReadToTheEnd(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		const size = 1 << 20
		s := openStream(t, d, raw(fmt.Sprintf("hex:827f%016x", size), fmt.Sprintf("zeros:%d", size/2), "expect:message", fmt.Sprintf("zeros:%d", size/2),
			"text:a", "text:b", "text:c", "close:1000", "expect:close", "end"))
		go s.Write(waiting(t), websocket.Text("the rest")) // in a browser nothing is seen before
		old, err := s.Reader(waiting(t))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := old.Read(make([]byte, 10)); n == 0 || err != nil {
			t.Errorf("got %d bytes, %v", n, err)
		}
		if d, err := s.Read(waiting(t)); err != nil || d.Text() != "a" {
			t.Errorf("got %q of %d bytes, %v", d.Text()[:min(10, d.Size())], d.Size(), err)
		}
		if _, err := s.Reader(waiting(t)); err != nil {
			t.Error(err)
		}
		if _, got := readParts(t, s); got != "c" {
			t.Errorf("got %q", got)
		}
		if _, err := s.Reader(waiting(t)); err != io.EOF {
			t.Errorf("got %v at the end", err)
		}
	})
}

// While a message is written, others wait for their turn.
func TestWriterHasTheTurn(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		id := newID(t)
		s := openStream(t, d, "/echo?id="+url.QueryEscape(id))
		w, err := s.Writer(waiting(t), websocket.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Write(shortly(t), websocket.Text("too early")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Write: got %v", err)
		}
		if _, err := s.Writer(shortly(t), websocket.TextMessage); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Writer: got %v", err)
		}
		wrote := make(chan error)
		go func() { wrote <- s.Write(waiting(t), websocket.Text("second")) }()
		io.WriteString(w, "fir")
		io.WriteString(w, "st")
		must(t, w.Close())
		must(t, w.Close())
		if _, err := io.WriteString(w, "late"); !errors.Is(err, websocket.ErrInvalidState) {
			t.Errorf("a write after Close: got %v", err)
		}
		must(t, <-wrote)
		must(t, s.Close(1000, ""))
		if got := recorded(t, id); got != "request text:first text:second close:1000: server" {
			t.Errorf("the peer got %s", got)
		}
	})
}

// The context of a Writer ends its writes, and the end of the stream those and Close.
func TestWriterIsEnded(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		id := newID(t)
		s := openStream(t, d, "/echo?id="+url.QueryEscape(id))
		why := errors.New("mine")
		ctx, cancel := context.WithCancelCause(t.Context())
		w, err := s.Writer(ctx, websocket.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, "kept")
		cancel(why)
		if n, err := io.WriteString(w, "lost"); n != 0 || err != why {
			t.Errorf("got %d, %v", n, err)
		}
		must(t, w.Close())
		unfinished, err := s.Writer(waiting(t), websocket.BinaryMessage)
		if err != nil {
			t.Fatal(err)
		}
		must(t, s.Close(1000, ""))
		if _, err := io.WriteString(unfinished, "late"); !errors.Is(err, websocket.ErrInvalidState) {
			t.Errorf("a write after Close of the stream: got %v", err)
		}
		if err := unfinished.Close(); !errors.Is(err, websocket.ErrInvalidState) {
			t.Errorf("Close after Close of the stream: got %v", err)
		}
		if _, err := s.Writer(waiting(t), websocket.TextMessage); !errors.Is(err, websocket.ErrInvalidState) {
			t.Errorf("Writer after Close of the stream: got %v", err)
		}
		if got := recorded(t, id); got != "request text:kept close:1000: server" {
			t.Errorf("the peer got %s", got)
		}
	})
}

// A message whose end never comes. In a browser there is none of it.
func TestMessageThatBreaksOff(t *testing.T) {
	for _, c := range []struct {
		name   string
		script []string
		read   string // of the message
		err    string
		js     string // of Reader
	}{
		{"by the end of TCP", []string{"expect:message", "frame:0,2,abc", "expect:message", "end"}, "abc", "WebSocketError:1006:", "WebSocketError:1006:"},
		{"by a Close frame", []string{"expect:message", "frame:0,2,abc", "expect:message", "close:3000", "expect:close", "end"}, "abc", "unexpected EOF", "EOF"},
		{"by invalid UTF-8", []string{"expect:message", "frame:0,1,abc", "expect:message", "hex:8001ff", "hold"}, "abc", "WebSocketError:1006:", "WebSocketError:1006:"},
		{"by its length", []string{"expect:message", "frame:0,1,abc", "expect:message", "hex:807f0000000000010000", "zeros:65536", "hold"}, "abc", "WebSocketError:1006:",
			"WebSocketError:1006:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEachStream(t, func(t *testing.T, d websocket.Dialer) {
				d.ReadLimit = 10_000
				s := openStream(t, d, raw(c.script...))
				if _, err := s.Reader(shortly(t)); !errors.Is(err, context.DeadlineExceeded) { // from now on, parts are wanted
					t.Errorf("got %v", err)
				}
				must(t, s.Write(waiting(t), websocket.Text("begin")))
				if browser {
					must(t, s.Write(waiting(t), websocket.Text("go on")))
					if _, err := s.Reader(waiting(t)); errorName(err) != c.js {
						t.Errorf("got %v, want %s", err, c.js)
					}
					return
				}
				r, err := s.Reader(waiting(t))
				if err != nil {
					t.Fatal(err)
				}
				must(t, s.Write(waiting(t), websocket.Text("go on")))
				b, err := io.ReadAll(r)
				if string(b) != c.read || errorName(err) != c.err {
					t.Errorf("got %q, %v", b, err)
				}
			})
		})
	}
}

func TestReaderAndWriterOfNoStream(t *testing.T) {
	s := new(websocket.WebSocketStream)
	if _, err := s.Reader(t.Context()); !errors.Is(err, websocket.ErrInvalidState) {
		t.Errorf("Reader: got %v", err)
	}
	if _, err := s.Writer(t.Context(), websocket.TextMessage); !errors.Is(err, websocket.ErrInvalidState) {
		t.Errorf("Writer: got %v", err)
	}
	s = openStream(t, websocket.Dialer{}, "/echo")
	if _, err := s.Writer(t.Context(), 2); !errors.Is(err, websocket.ErrSyntax) {
		t.Errorf("a kind that is none: got %v", err)
	}
	var none context.Context
	w, err := s.Writer(none, websocket.BinaryMessage)
	if err != nil {
		t.Fatal(err)
	}
	must(t, w.Close())
	r, err := s.Reader(none)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); len(b) != 0 || err != nil || r.Kind() != websocket.BinaryMessage {
		t.Errorf("got %q, %v", b, err)
	}
}
