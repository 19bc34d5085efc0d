package wsjson_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/url"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/reconnect"
	"github.com/twinsocket/websocket/wsjson"
)

type move struct {
	From string
	To   string `json:",omitempty"`
}

// onEachStream runs the test for every kind of stream that the platform has.
func onEachStream(t *testing.T, test func(t *testing.T, d websocket.Dialer)) {
	test(t, websocket.Dialer{})
	if runtime.GOOS == "js" {
		t.Run("the browser's own", func(t *testing.T) {
			test(t, websocket.Dialer{Options: websocket.Options{BrowserStream: true}})
		})
	}
}

// open opens a stream to the peer. It is closed with the test.
func open(t *testing.T, d websocket.Dialer, path string) *websocket.WebSocketStream {
	t.Helper()
	s, err := d.OpenStream(waiting(t), server()+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(0, "") })
	return s
}

func server() string { return os.Getenv("TESTSERVER_WS") }

// raw is the path of a server that runs the script.
func raw(steps ...string) string { return "/raw?" + url.Values{"do": steps}.Encode() }

// waiting is a context that ends only when a test has gone wrong.
func waiting(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeoutCause(context.Background(), 40*time.Second, errors.New("the test waits in vain"))
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// wantError wants an Error of the operation that wraps one of type E.
func wantError[E error](t *testing.T, err error, op string) {
	t.Helper()
	var ours *wsjson.Error
	var cause E
	if !errors.As(err, &ours) || ours.Op != op || !errors.As(err, &cause) || !strings.HasPrefix(err.Error(), "wsjson: "+op+": ") {
		t.Errorf("%s: got %#v, want an Error with a %T", op, err, cause)
	}
}

// values that come back as they went, with the text that went.
var values = []struct {
	value any
	text  string
}{
	{map[string]any{"a": []any{1.5, "é€𝄞", nil, true}}, `{"a":[1.5,"é€𝄞",null,true]}`},
	{"line\nfeed", `"line\nfeed"`},
	{"<&>", `"\u003c\u0026\u003e"`}, // as json.Marshal has it
	{[]any{}, `[]`},
	{nil, `null`},
	{0.0, `0`},
}

// A value is one text message, without a line feed, and comes back.
func TestWriteAndRead(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := open(t, d, "/echo")
		for _, v := range values {
			must(t, wsjson.Write(waiting(t), s, v.value))
			message, err := s.Read(waiting(t))
			if err != nil || !message.IsText() || message.Text() != v.text {
				t.Errorf("got %q, %v, want the text %q", message.Text(), err, v.text)
			}
			must(t, wsjson.Write(waiting(t), s, v.value))
			var got any
			must(t, wsjson.Read(waiting(t), s, &got))
			if !reflect.DeepEqual(got, v.value) {
				t.Errorf("got %#v, want %#v", got, v.value)
			}
		}
	})
}

// A value is one frame, whatever its length, and compressed where that was agreed. Of a browser's only the message is seen.
func TestLargeValue(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		var frames atomic.Int32
		d.Trace = &websocket.Trace{Frame: func(f websocket.Frame) {
			if !f.Sent || f.Opcode >= 8 { // or a control frame
				return
			}
			frames.Add(1)
			if !f.Final || f.Opcode != 1 || f.Reserved != 4 && runtime.GOOS != "js" {
				t.Errorf("sent %+v, want all of a compressed text", f)
			}
		}}
		s := open(t, d, "/echo?deflate=1")
		sent := make([]string, 1<<16)
		for i := range sent {
			sent[i] = strconv.Itoa(i) + strings.Repeat("é", 8) // more than a MiB in all
		}
		for range 2 {
			must(t, wsjson.Write(waiting(t), s, sent))
		}
		for range 2 {
			var got []string
			must(t, wsjson.Read(waiting(t), s, &got))
			if !reflect.DeepEqual(got, sent) {
				t.Errorf("got %d strings, want those %d that were sent", len(got), len(sent))
			}
		}
		if n := frames.Load(); n != 2 {
			t.Errorf("sent %d frames, want 2", n)
		}
	})
}

// However a message comes, and of which kind.
func TestReadTakesOneMessage(t *testing.T) {
	for name, steps := range map[string][]string{
		"fragments":          {`frame:0,1,{"From`, `frame:0,0,":`, "ping:p", "frame:0,0,", `frame:1,0,"é"}`},
		"inside a character": {"hex:010a" + hex(`{"From":"`) + "c3", "hex:8003" + "a9" + hex(`"}`)},
		"binary":             {"binary:" + hex(`{"From":"é"}`)},
		"white space":        {"text: \t\r\n{\"From\":\"é\"}\n \n"},
		"an unknown field":   {`text:{"From":"é","x":[1]}`},
		"a few bytes each":   {"chunk:3", `text:{"From":"é"}`, "chunk:0"},
	} {
		t.Run(name, func(t *testing.T) {
			onEachStream(t, func(t *testing.T, d websocket.Dialer) {
				s := open(t, d, raw(append(steps, `text:{"From":"next"}`, "close:1000", "expect:close", "end")...))
				for _, want := range []string{"é", "next"} {
					var m move
					must(t, wsjson.Read(waiting(t), s, &m))
					if m.From != want {
						t.Errorf("got %+v, want %s", m, want)
					}
				}
				if err := wsjson.Read(waiting(t), s, new(move)); err != io.EOF {
					t.Errorf("behind the end: got %v", err)
				}
			})
		})
	}
}

func hex(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
	}
	return b.String()
}

// broken are messages that are no move.
var broken = map[string]func(t *testing.T, err error, op string){
	"":                       wantError[*json.SyntaxError],
	" ":                      wantError[*json.SyntaxError],
	`{"From":"e2"`:           wantError[*json.SyntaxError],
	`{"From":"e2"}}`:         wantError[*json.SyntaxError],
	`{"From":"e2"}{}`:        wantError[*json.SyntaxError],
	`{"From":"e2"} nonsense`: wantError[*json.SyntaxError],
	`nonsense`:               wantError[*json.SyntaxError],
	`{"From":2}`:             wantError[*json.UnmarshalTypeError],
	`["e2"]`:                 wantError[*json.UnmarshalTypeError],
}

// What can't be decoded is passed over, and Decode says the same of it as Read.
func TestMessageThatIsNoValue(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := open(t, d, "/echo")
		for text, want := range broken {
			must(t, s.Write(waiting(t), websocket.Text(text)))
			must(t, wsjson.Write(waiting(t), s, move{From: "next"}))
			var m move
			want(t, wsjson.Read(waiting(t), s, &m), "Read")
			must(t, wsjson.Read(waiting(t), s, &m))
			if m.From != "next" {
				t.Errorf("behind %q: got %+v", text, m)
			}
			want(t, wsjson.Decode(websocket.Text(text), &m), "Decode")
			want(t, wsjson.Decode(websocket.Binary([]byte(text)), &m), "Decode")
		}
	})
}

// What can't be decoded into takes no message.
func TestTargetThatIsNoPointer(t *testing.T) {
	s := open(t, websocket.Dialer{}, "/echo")
	must(t, wsjson.Write(waiting(t), s, move{From: "kept"}))
	for _, v := range []any{nil, move{}, (*move)(nil), make(chan int)} {
		wantError[*json.InvalidUnmarshalError](t, wsjson.Read(waiting(t), s, v), "Read")
		wantError[*json.InvalidUnmarshalError](t, wsjson.Decode(websocket.Text("{}"), v), "Decode")
	}
	var m move
	must(t, wsjson.Read(waiting(t), s, &m))
	if m.From != "kept" {
		t.Errorf("got %+v", m)
	}
}

// spoiled can't be encoded, as it says itself.
type spoiled struct{}

func (spoiled) MarshalJSON() ([]byte, error) { return nil, io.EOF }

// Of a value that can't be encoded nothing is sent, and the stream goes on. That its own error is io.EOF, say, makes it no end.
func TestValueThatIsNoJSON(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := open(t, d, "/echo")
		ws := new(recorder)
		long := strings.Repeat("x", 1<<20)
		for _, send := range []func(v any) (string, error){
			func(v any) (string, error) { return "Write", wsjson.Write(waiting(t), s, v) },
			func(v any) (string, error) { return "Send", wsjson.Send(ws, v) },
		} {
			op, err := send(make(chan int))
			wantError[*json.UnsupportedTypeError](t, err, op)
			op, err = send([]any{long, math.NaN()})
			wantError[*json.UnsupportedValueError](t, err, op)
			op, err = send([]any{long, spoiled{}})
			wantError[*json.MarshalerError](t, err, op)
		}
		if *ws != "" {
			t.Errorf("Send sent %q", *ws)
		}
		must(t, wsjson.Write(waiting(t), s, move{From: "first"}))
		var m move
		must(t, wsjson.Read(waiting(t), s, &m))
		if m.From != "first" {
			t.Errorf("got %+v", m)
		}
	})
}

// recorder is a Sender.
type recorder string

func (r *recorder) Send(d websocket.Data) error {
	*r += recorder(d.Text())
	return nil
}

func TestMessages(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := open(t, d, raw(`text:{"From":"a","To":"x"}`, "text:[]", `text:{"From":"b"}`, "text:3", "close:1000", "expect:close", "end"))
		got := ""
		for range 2 { // the loop is left, and goes on
			for m, err := range wsjson.Messages[move](waiting(t), s) {
				if err != nil {
					wantError[*json.UnmarshalTypeError](t, err, "Read")
					got += "error "
					continue
				}
				got += m.From + m.To + " "
				if m.From == "a" {
					break
				}
			}
		}
		if got != "ax error b error " {
			t.Errorf("got %s", got)
		}
	})
}

// The connection's errors, and the context's, are what the stream says; a context ends one call, and loses no message.
func TestErrorsThatAreNotJSONs(t *testing.T) {
	onEachStream(t, func(t *testing.T, d websocket.Dialer) {
		s := open(t, d, "/echo")
		why := errors.New("mine")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Millisecond, func() { cancel(why) })
		for range 2 { // while it waits, and before
			if err := wsjson.Read(ctx, s, new(move)); err != why {
				t.Errorf("Read: got %v", err)
			}
			if err := wsjson.Write(ctx, s, "not sent"); err != why {
				t.Errorf("Write: got %v", err)
			}
		}
		for _, err := range wsjson.Messages[move](ctx, s) {
			if err != why {
				t.Errorf("Messages: got %v", err)
			}
		}
		must(t, wsjson.Write(waiting(t), s, "kept"))
		var text string
		must(t, wsjson.Read(waiting(t), s, &text))
		must(t, s.Close(1000, ""))
		if err := wsjson.Read(waiting(t), s, &text); err != io.EOF || text != "kept" {
			t.Errorf("got %q, %v", text, err)
		}
		if err := wsjson.Write(waiting(t), s, "late"); !errors.Is(err, websocket.ErrInvalidState) {
			t.Errorf("got %v", err)
		}
		var ended *websocket.WebSocketError
		if err := wsjson.Read(waiting(t), open(t, d, raw("frame:0,1,[1", "end")), &text); !errors.As(err, &ended) {
			t.Errorf("an end inside a message: got %v", err)
		}
	})
	for _, err := range []error{wsjson.Read(t.Context(), nil, new(move)), wsjson.Write(t.Context(), nil, move{})} {
		if !errors.Is(err, websocket.ErrInvalidState) {
			t.Errorf("no stream: got %v", err)
		}
	}
}

// A context that ends inside a message leaves it for the next call, whole.
func TestContextInsideAMessage(t *testing.T) {
	s := open(t, websocket.Dialer{}, raw("frame:0,1,[1", "expect:message", "frame:1,0,]", "hold"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var got []int
	if err := wsjson.Read(ctx, s, &got); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	must(t, wsjson.Write(waiting(t), s, "go on"))
	must(t, wsjson.Read(waiting(t), s, &got))
	if len(got) != 1 || got[0] != 1 {
		t.Errorf("got %v", got)
	}
}

// The event API, with what a message may be lent or kept as.
func TestSendAndDecode(t *testing.T) {
	for _, o := range []websocket.Options{{}, {BorrowMessages: true}} {
		for _, binary := range []websocket.BinaryType{websocket.ArrayBuffer, websocket.BlobType} {
			ws, err := (&websocket.Dialer{Options: o}).New(server() + "/echo")
			if err != nil {
				t.Fatal(err)
			}
			ws.SetBinaryType(binary)
			var got []move
			ws.OnOpen(func(websocket.Event) {
				must(t, wsjson.Send(ws, move{From: "e2"}))
				must(t, ws.Send(websocket.Binary([]byte(`{"From":"e4"}`))))
				must(t, wsjson.Send(ws, move{From: "é"}))
			})
			ws.OnMessage(func(e *websocket.MessageEvent) {
				var m move
				must(t, wsjson.Decode(e.Data, &m))
				if got = append(got, m); len(got) == 3 {
					ws.Close(1000, "")
				}
			})
			must(t, ws.Run(waiting(t)))
			if want := []move{{From: "e2"}, {From: "e4"}, {From: "é"}}; !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			must(t, wsjson.Send(ws, "late")) // as Send: dropped and counted
			if ws.BufferedAmount() != 6 {
				t.Errorf("got %d bytes buffered", ws.BufferedAmount())
			}
		}
	}
	ws, err := websocket.New(server() + "/echo")
	must(t, err)
	if err := wsjson.Send(ws, 1); !errors.Is(err, websocket.ErrInvalidState) {
		t.Errorf("before Start: got %v", err)
	}
	ws.Close(0, "")
}

// A socket that opens again keeps what is sent: it is no other's memory.
func TestSendByASocketThatQueues(t *testing.T) {
	s, err := reconnect.New(server() + "/echo")
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for i := range 100 {
		must(t, wsjson.Send(s, i))
	}
	s.OnMessage(func(e *websocket.MessageEvent) {
		if got += e.Data.Text() + " "; e.Data.Text() == "99" {
			s.Close(1000, "")
		}
	})
	must(t, s.Run(waiting(t)))
	if !strings.HasPrefix(got, "0 1 2 ") || len(strings.Fields(got)) != 100 {
		t.Errorf("got %s", got)
	}
}
