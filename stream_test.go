package websocket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
)

// onEachStream runs the test for every kind of stream that the platform has.
func onEachStream(t *testing.T, test func(t *testing.T, d websocket.Dialer)) {
	test(t, websocket.Dialer{})
	if browser {
		t.Run("the browser's own", func(t *testing.T) {
			test(t, websocket.Dialer{Options: websocket.Options{BrowserStream: true}})
		})
	}
}

// openStream opens a stream to the peer. It is closed with the test.
func openStream(t *testing.T, d websocket.Dialer, path string, protocols ...string) *websocket.WebSocketStream {
	t.Helper()
	s, err := d.OpenStream(waiting(t), server()+path, protocols...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(0, "") })
	return s
}

// waiting is a context that ends only when a test has gone wrong.
func waiting(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeoutCause(context.Background(), 40*time.Second, errors.New("the test waits in vain"))
	t.Cleanup(cancel)
	return ctx
}

// readAll reads to the end and returns the messages, and then the error.
func readAll(t *testing.T, s *websocket.WebSocketStream) string {
	t.Helper()
	var trace []string
	for {
		d, err := s.Read(waiting(t))
		if err != nil {
			return strings.Join(append(trace, errorName(err)), " ")
		}
		trace = append(trace, message(&websocket.MessageEvent{Data: d}))
	}
}

// errorName writes an error as the traces have it.
func errorName(err error) string {
	var ended *websocket.WebSocketError
	var exception *websocket.DOMException
	switch {
	case errors.As(err, &ended):
		return fmt.Sprintf("WebSocketError:%d:%s", ended.CloseCode, ended.Reason)
	case errors.As(err, &exception):
		return exception.Name
	}
	return fmt.Sprint(err)
}

// wantClosed waits for the end and wants it to be that.
func wantClosed(t *testing.T, s *websocket.WebSocketStream, want string) {
	t.Helper()
	info, err := s.Closed(waiting(t))
	if got := fmt.Sprintf("%d:%s:%t", info.Code, info.Reason, info.WasClean); got != want || info.WasClean != (err == nil) {
		t.Errorf("closed: got %s, %v, want %s", got, err, want)
	}
}

func TestStreamEchoes(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := openStream(t, d, "/echo", "b", "a")
		if s.Protocol() != "b" || s.URL() != server()+"/echo" {
			t.Errorf("got %q, %q, %q", s.URL(), s.Protocol(), s.Extensions())
		}
		long := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		for _, sent := range []websocket.Data{
			websocket.Text("héllo"), websocket.Text(""), websocket.Binary([]byte{0, 255}), websocket.Binary(nil), websocket.Binary(long),
			websocket.Text(string(long)), websocket.FromBlob(websocket.NewBlob([]byte("blob"), "")),
		} {
			err := s.Write(waiting(t), sent)
			if d.BrowserStream && sent.Blob() != nil {
				if !errors.Is(err, websocket.ErrNotSupported) {
					t.Errorf("a Blob: got %v", err)
				}
				continue
			}
			must(t, err)
			got, err := s.Read(waiting(t))
			want := sent.Bytes()
			if b := sent.Blob(); b != nil {
				want, _ = b.Bytes()
			}
			if err != nil || got.IsText() != sent.IsText() || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got %d bytes, %v, want %d", got.Size(), err, sent.Size())
			}
		}
		must(t, s.Close(3000, "bye"))
		wantClosed(t, s, "3000:bye:true")
	})
}

// What ends a stream, how reading ends, and what Closed says.
func TestStreamEnds(t *testing.T) {
	for _, c := range []struct{ name, url, read, closed string }{
		{"a clean close behind messages", "/send?text=a&text=b&binary=00ff&close=3000&reason=bye",
			"text:a text:b binary:00ff EOF", "3000:bye:true"},
		{"a clean close without a code", raw("text:a", "close", "expect:close", "end"), "text:a EOF", "1005::true"},
		{"TCP ends without a Close frame", raw("text:a", "text:b", "end"), "text:a text:b WebSocketError:1006:", "1006::false"},
		{"a breach of the protocol", raw("text:a", "expect:message", "hex:8300", "hold"), "text:a WebSocketError:1006:", "1006::false"},
		{"many messages and the end in one segment", raw("join", "repeat:5:text:m", "close:1000", "flush", "expect:close", "end"),
			"text:m text:m text:m text:m text:m EOF", "1000::true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEachStream(t, func(t *testing.T, d websocket.Dialer) {
				s := openStream(t, d, c.url)
				if strings.Contains(c.url, "expect%3Amessage") {
					must(t, s.Write(waiting(t), websocket.Text("go")))
				}
				wantClosed(t, s, c.closed)
				if err := s.Write(waiting(t), websocket.Text("late")); err == nil ||
					errors.Is(err, websocket.ErrInvalidState) != strings.HasSuffix(c.closed, "true") {
					t.Errorf("Write afterwards: got %v", err)
				}
				must(t, s.Close(1000, "too late"))
				if got := readAll(t, s); got != c.read {
					t.Errorf("got %s, want %s", got, c.read)
				}
				if got := readAll(t, s); got != c.read[strings.LastIndex(c.read, " ")+1:] {
					t.Errorf("got %s behind the end", got)
				}
				wantClosed(t, s, c.closed)
			})
		})
	}
}

func TestStreamIsNeverOpened(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		for url, want := range map[string]string{
			server() + "/status?code=503":    "WebSocketError:1006:",
			os.Getenv("TESTSERVER_CLOSED"):   "WebSocketError:1006:",
			server() + raw("head:20", "end"): "WebSocketError:1006:",
			"ftp://h/":                       "SyntaxError",
			"ws://h/#":                       "SyntaxError",
		} {
			s, err := d.OpenStream(waiting(t), url)
			if s != nil || errorName(err) != want {
				t.Errorf("%s: got %v, want %s", url, err, want)
			}
			if want == "SyntaxError" && !strings.HasPrefix(err.Error(), "websocket: OpenStream: ") {
				t.Errorf("%v does not say what was called", err)
			}
		}
		if _, err := d.OpenStream(waiting(t), server()+"/echo", "a", "a"); !errors.Is(err, websocket.ErrSyntax) {
			t.Errorf("a subprotocol twice: got %v", err)
		}
	})
}

// A context ends the handshake, and nothing after it.
func TestContextOfOpenStream(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		d.TLSConfig = trusting(t).TLSConfig
		why := errors.New("mine")
		ctx, cancel := context.WithCancelCause(t.Context())
		s, err := d.OpenStream(ctx, server()+"/echo")
		cancel(why)
		if err != nil {
			t.Fatal(err)
		}
		must(t, s.Write(waiting(t), websocket.Text("m")))
		if d, err := s.Read(waiting(t)); err != nil || d.Text() != "m" {
			t.Errorf("got %q, %v", d.Text(), err)
		}
		must(t, s.Close(0, ""))

		id := newID(t)
		if _, err = d.OpenStream(ctx, server()+"/echo?id="+id); err != why {
			t.Errorf("a context that has ended: got %v", err)
		}
		if record := ask(t, server()+"/recorded?now=1&id="+id); record != "" {
			t.Errorf("a context that has ended: the peer got %q", record)
		}

		ctx, cancel = context.WithCancelCause(t.Context())
		connecting := make(chan struct{})
		go func() {
			defer close(connecting)
			ask(t, server()+"/recorded?wait=1&id="+id) // at its other port: see TestOpeningTwoConnectionsAtOnce
			cancel(why)
		}()
		_, err = d.OpenStream(ctx, os.Getenv("TESTSERVER_WSS")+raw("delay=1000", "hold")+"&id="+id)
		<-connecting
		if err != why {
			t.Errorf("a context that ends: got %v", err)
		}
		if got := recorded(t, id); got != "request fin" && got != "request reset" {
			t.Errorf("the peer got %q", got)
		}
	})
}

// A context that ends a Read or a wait for the end ends nothing else.
func TestContextOfRead(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := openStream(t, d, "/echo")
		why := errors.New("mine")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Millisecond, func() { cancel(why) })
		for range 2 { // while it waits, and before
			if _, err := s.Read(ctx); err != why {
				t.Errorf("Read: got %v", err)
			}
			if _, err := s.Closed(ctx); err != why {
				t.Errorf("Closed: got %v", err)
			}
			if err := s.Write(ctx, websocket.Text("not sent")); err != why {
				t.Errorf("Write: got %v", err)
			}
		}
		must(t, s.Write(waiting(t), websocket.Text("m")))
		if d, err := s.Read(waiting(t)); err != nil || d.Text() != "m" {
			t.Errorf("got %q, %v", d.Text(), err)
		}
	})
}

// A Write that finds no room waits, for its context or for the end of the stream, and then nothing of it was sent.
func TestWriteThatFindsNoRoom(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		// The peer goes on at last, as Chromium 156 crashes the page if a connection of its own stream breaks off with an unaccepted
		// write; by then the test is over.
		s := openStream(t, d, raw("sleep:30000", "close:1000", "hold"))
		why := errors.New("mine")
		fill := func(ctx context.Context) (err error) {
			for err == nil {
				err = s.Write(ctx, websocket.Binary(make([]byte, 1<<20)))
			}
			return err
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(300*time.Millisecond, func() { cancel(why) })
		if err := fill(ctx); err != why {
			t.Errorf("got %v", err)
		}
		ended := make(chan error)
		for range 2 { // one waits for room, one for its turn
			go func() { ended <- fill(waiting(t)) }()
		}
		if _, err := s.Closed(shortly(t)); err == nil {
			t.Error("it is closed")
		}
		must(t, s.Close(1000, ""))
		for range 2 {
			if err := <-ended; !errors.Is(err, websocket.ErrInvalidState) {
				t.Errorf("at Close: got %v", err)
			}
		}
	})
}

// shortly is a context that ends soon, for what is not going to happen.
func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// The arguments are checked first, always; then the first call counts.
func TestStreamClose(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		id := newID(t)
		s := openStream(t, d, "/echo?id="+id)
		must(t, s.Write(waiting(t), websocket.Text("first")))
		if d, err := s.Read(waiting(t)); err != nil || d.Text() != "first" {
			t.Errorf("got %q, %v", d.Text(), err)
		}
		for range 2 {
			if err := s.Close(1001, ""); !errors.Is(err, websocket.ErrInvalidAccess) {
				t.Errorf("got %v", err)
			}
			if err := s.Close(0, strings.Repeat("x", 124)); !errors.Is(err, websocket.ErrSyntax) {
				t.Errorf("got %v", err)
			}
			must(t, s.Close(0, "reason"))
			must(t, s.Close(4000, "another"))
			if err := s.Write(waiting(t), websocket.Text("late")); !errors.Is(err, websocket.ErrInvalidState) {
				t.Errorf("Write after Close: got %v", err)
			}
			wantClosed(t, s, "1000:reason:true")
		}
		if got := readAll(t, s); got != "EOF" {
			t.Errorf("got %s", got)
		}
		if got := recorded(t, id); got != "request text:first close:1000:reason server" {
			t.Errorf("the peer got %s", got)
		}
	})
}

// Each message goes to one reader, in order, and each message of several writers arrives whole.
func TestConcurrentReadsAndWrites(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := openStream(t, d, "/echo")
		const goroutines, each = 4, 200
		var reads, writes sync.WaitGroup
		seen := make(chan string, goroutines*each)
		for i := range goroutines {
			writes.Go(func() {
				for j := range each {
					must(t, s.Write(waiting(t), websocket.Text(fmt.Sprintf("%d %04d %s", i, j, strings.Repeat("x", 10*j)))))
				}
			})
			reads.Go(func() {
				last := make([]string, goroutines)
				for m, err := range s.Messages(waiting(t)) {
					if err != nil {
						t.Error(err)
						return
					}
					writer := m.Text()[0] - '0'
					if m.Text() <= last[writer] {
						t.Errorf("%.6s came after %.6s", m.Text(), last[writer])
					}
					last[writer] = m.Text()
					seen <- m.Text()[:6]
				}
			})
		}
		writes.Wait()
		all := map[string]bool{}
		for range goroutines * each {
			all[<-seen] = true
		}
		must(t, s.Close(1000, ""))
		reads.Wait()
		if len(all) != goroutines*each {
			t.Errorf("got %d different messages, want %d", len(all), goroutines*each)
		}
	})
}

// Leaving the loop leaves the stream as it is; an error is the last that comes.
func TestMessagesOfAStream(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := openStream(t, d, raw("text:a", "text:b", "text:c", "end"))
		var got []string
		for range 2 {
			for d, err := range s.Messages(waiting(t)) {
				if err != nil {
					got = append(got, errorName(err))
					continue
				}
				got = append(got, d.Text())
				if d.Text() == "b" {
					break
				}
			}
		}
		if got := strings.Join(got, " "); got != "a b c WebSocketError:1006:" {
			t.Errorf("got %s", got)
		}
	})
}

func TestNilContextIsBackground(t *testing.T) {
	var none context.Context
	s, err := websocket.OpenStream(none, server()+"/echo")
	if err != nil {
		t.Fatal(err)
	}
	must(t, s.Write(none, websocket.Text("m")))
	if d, err := s.Read(none); err != nil || d.Text() != "m" {
		t.Errorf("got %q, %v", d.Text(), err)
	}
	must(t, s.Close(1000, ""))
	if _, err := s.Closed(none); err != nil {
		t.Error(err)
	}
	for _, err := range s.Messages(none) {
		t.Errorf("got %v after the end", err)
	}
}

func TestStreamThatWasNotOpened(t *testing.T) {
	for _, s := range []*websocket.WebSocketStream{nil, new(websocket.WebSocketStream)} {
		_, read := s.Read(t.Context())
		_, closed := s.Closed(t.Context())
		for name, err := range map[string]error{
			"Read": read, "Closed": closed, "Write": s.Write(t.Context(), websocket.Text("m")), "Close": s.Close(1000, ""),
		} {
			if !errors.Is(err, websocket.ErrInvalidState) || !strings.HasPrefix(err.Error(), "websocket: "+name+": ") {
				t.Errorf("%s: got %v", name, err)
			}
		}
		for _, err := range s.Messages(t.Context()) {
			if !errors.Is(err, websocket.ErrInvalidState) {
				t.Errorf("Messages: got %v", err)
			}
		}
		if got := s.URL() + s.Protocol() + s.Extensions(); got != "" {
			t.Errorf("got %q", got)
		}
	}
}

func TestOptionsForOneKindAlone(t *testing.T) {
	engine := func(string, []string, websocket.Sink) (websocket.Conn, error) { return new(fakeConn), nil }
	for name, d := range map[string]websocket.Dialer{
		"BorrowMessages": {Options: websocket.Options{BorrowMessages: true}},
		"ReadQueueLimit": {Options: websocket.Options{ReadQueueLimit: -1}},
		"BrowserStream":  {Options: websocket.Options{BrowserStream: true}, Engine: engine},
	} {
		_, err := d.OpenStream(t.Context(), "ws://h/")
		if !errors.Is(err, websocket.ErrNotSupported) || !strings.Contains(err.Error(), name) {
			t.Errorf("OpenStream with %s: got %v", name, err)
		}
	}
	for name, o := range map[string]websocket.Options{
		"ReadQueueLimit": {ReadQueueLimit: 1}, "BrowserStream": {BrowserStream: true},
	} {
		_, err := (&websocket.Dialer{Options: o}).New("ws://h/")
		if !errors.Is(err, websocket.ErrNotSupported) || !strings.Contains(err.Error(), name) {
			t.Errorf("New with %s: got %v", name, err)
		}
	}
}

// A stream that nobody refers to is closed without a code, also if it is full of what nobody has read.
func TestUnreachableStreamIsClosed(t *testing.T) {
	for _, script := range [][]string{
		{"expect:close", "answer", "end"},
		{"repeat:2000:text:" + strings.Repeat("x", 1000), "expect:close", "answer", "end"},
	} {
		onEachStream(t, func(t *testing.T, d websocket.Dialer) {
			id := newID(t)
			func() {
				s, err := d.OpenStream(waiting(t), server()+raw(script...)+"&id="+id)
				if err != nil {
					t.Fatal(err)
				}
				must(t, s.Write(waiting(t), websocket.Text("last words")))
			}()
			wantCollected(t, id, "request text:last words close: server")
		})
	}
}

// A stream that somebody reads is not collected.
func TestReadKeepsTheStream(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		id := newID(t)
		read := make(chan struct{})
		s, err := d.OpenStream(waiting(t), server()+"/send?id="+id)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer close(read)
			if _, err := s.Read(shortly(t)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}()
		collect(t, read)
		if record := ask(t, server()+"/recorded?now=1&id="+id); record != "request" {
			t.Errorf("the peer got %q while somebody read", record)
		}
		must(t, s.Close(1000, ""))
	})
}

// From Close on nothing is received: nobody has to read on, and what was received before can be read.
func TestCloseWithMuchUnread(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := openStream(t, d, raw("repeat:3000:text:"+strings.Repeat("x", 1000), "expect:close", "repeat:10:text:late", "answer", "end"))
		if _, err := s.Read(waiting(t)); err != nil {
			t.Error(err)
		}
		must(t, s.Close(3000, "enough"))
		wantClosed(t, s, "3000:enough:true")
		got := readAll(t, s)
		if strings.Contains(got, "late") || !strings.HasSuffix(got, "EOF") {
			t.Errorf("got …%s", got[max(0, len(got)-50):])
		}
	})
}

// Only a WebSocketError has a code and a reason to send, and only such as may be sent.
func TestCloseWithError(t *testing.T) {
	mine, err := websocket.NewWebSocketError("mine", websocket.CloseInfo{Code: 4000, Reason: "why"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  error
		sent string
	}{
		{nil, "close:"},
		{errors.New("other"), "close:"},
		{mine, "close:4000:why"},
		{fmt.Errorf("wrapped: %w", mine), "close:4000:why"},
		{&websocket.WebSocketError{CloseCode: 1006, Reason: "received"}, "close:"},
		{&websocket.WebSocketError{Reason: "alone"}, "close:1000:alone"},
	} {
		onEachStream(t, func(t *testing.T, d websocket.Dialer) {
			id := newID(t)
			s := openStream(t, d, "/echo?id="+id)
			must(t, s.CloseWithError(c.err))
			if got := recorded(t, id); got != "request "+c.sent+" server" {
				t.Errorf("%v: the peer got %s, want %s", c.err, got, c.sent)
			}
		})
	}
	if err := new(websocket.WebSocketStream).CloseWithError(mine); !errors.Is(err, websocket.ErrInvalidState) {
		t.Errorf("a stream that was not opened: got %v", err)
	}
}

func TestNewWebSocketError(t *testing.T) {
	type infos = []websocket.CloseInfo
	for _, c := range []struct {
		message string
		init    infos
		want    string
	}{
		{"", nil, "0 : websocket: closed"},
		{"m", nil, "0 : websocket: closed: m"},
		{"m", infos{{}}, "0 : websocket: closed: m"},
		{"m", infos{{Code: 3000}}, "3000 : websocket: closed with code 3000: m"},
		{"", infos{{Reason: "é"}}, `1000 é: websocket: closed with code 1000 and reason "é"`},
		{"", infos{{Reason: strings.Repeat("x", 123), Code: 4999}},
			"4999 " + strings.Repeat("x", 123) + `: websocket: closed with code 4999 and reason "` + strings.Repeat("x", 123) + `"`},
		{"", infos{{Code: 1001}}, "InvalidAccessError"},
		{"", infos{{Code: 1005}}, "InvalidAccessError"},
		{"", infos{{Code: 5000}}, "InvalidAccessError"},
		{"", infos{{Code: 1000, Reason: strings.Repeat("é", 62)}}, "SyntaxError"},
		{"", infos{{}, {}}, "SyntaxError"},
	} {
		e, err := websocket.NewWebSocketError(c.message, c.init...)
		got := errorName(err)
		if err == nil {
			got = fmt.Sprintf("%d %s: %v", e.CloseCode, e.Reason, e)
			if e.Name() != "WebSocketError" {
				t.Errorf("got the name %q", e.Name())
			}
		} else if e != nil || !strings.HasPrefix(err.Error(), "websocket: NewWebSocketError: ") {
			t.Errorf("got %v, %v", e, err)
		}
		if got != c.want {
			t.Errorf("%q %v: got %s, want %s", c.message, c.init, got, c.want)
		}
	}
}

func TestStreamOverTLS(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		d.TLSConfig = trusting(t).TLSConfig
		s, err := d.OpenStream(waiting(t), os.Getenv("TESTSERVER_WSS")+"/echo")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			must(t, s.Write(waiting(t), websocket.Text(fmt.Sprint(i))))
			if d, err := s.Read(waiting(t)); err != nil || d.Text() != fmt.Sprint(i) {
				t.Fatalf("got %q, %v, want %d", d.Text(), err, i)
			}
		}
		must(t, s.Close(1000, ""))
		wantClosed(t, s, "1000::true")
	})
}

// A stream over the project's own engine, in a browser too: there it holds back and streams a message as natively.
func TestStreamOverACarrier(t *testing.T) {
	carrier := pipeServer(t, func(conn *gorilla.Conn, _ *http.Request) {
		for {
			kind, r, err := conn.NextReader()
			if err != nil {
				return
			}
			w, _ := conn.NextWriter(kind)
			io.Copy(w, r) // in frames of 4 KiB
			w.Close()
		}
	})
	d := websocket.Dialer{Engine: native.Over(carrier)}
	s, err := d.OpenStream(waiting(t), "ws://h/")
	if err != nil {
		t.Fatal(err)
	}
	message := strings.Repeat("é", 50_000)
	writeParts(t, s, websocket.TextMessage, message, 1000)
	if _, got := readParts(t, s); got != message {
		t.Errorf("got %d bytes", len(got))
	}
	must(t, s.Close(1000, ""))
	wantClosed(t, s, "1000::true")
}

// A Trace is told of a stream as of a socket, and may end its goroutines.
func TestTraceOfAStream(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		var mu sync.Mutex
		var states, frames []string // in no order between each other: the echo may come before the sender tells
		told := func(list *[]string, format string, args ...any) {
			mu.Lock()
			*list = append(*list, fmt.Sprintf(format, args...))
			mu.Unlock()
		}
		d.Trace = &websocket.Trace{
			State: func(from, to websocket.ReadyState) { told(&states, "%v", to); goexitIf(to == websocket.Open) },
			Closed: func(code uint16, _ string, clean bool, _ error) {
				told(&states, "%d %t", code, clean)
				runtime.Goexit()
			},
			Frame: func(f websocket.Frame) {
				if f.Opcode == 1 {
					told(&frames, "%t %d", f.Sent, f.Length)
				}
			},
		}
		s := openStream(t, d, "/echo")
		must(t, s.Write(waiting(t), websocket.Text("four")))
		must(t, second(s.Read(waiting(t))))
		must(t, s.Close(1000, ""))
		wantClosed(t, s, "1000::true")
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(frames)
		got := strings.Join(states, ", ") + "; " + strings.Join(frames, ", ")
		if got != "OPEN, CLOSING, CLOSED, 1000 true; false 4, true 4" {
			t.Errorf("got %s", got)
		}
	})
}

func goexitIf(now bool) {
	if now {
		runtime.Goexit()
	}
}
