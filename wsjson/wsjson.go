// Package wsjson sends and receives values as JSON, each as one message. It is the same natively and in a browser.
//
//	type move struct{ From, To string }
//
//	if err := wsjson.Write(ctx, stream, move{"e2", "e4"}); err != nil {
//		return err
//	}
//	for m, err := range wsjson.Messages[move](ctx, stream) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(m.From, m.To)
//	}
//
// With the event API it is [Send] and, in a listener, [Decode].
//
// Values leave as text, in one frame natively, without the line feed that json.Encoder ends its values with. Text and binary
// are received alike: JSON is UTF-8 in both, and many servers do not tell them apart. A message is one value; anything but
// white space around it is an error.
//
// Values become JSON, and JSON values, as package encoding/json has it. That is why this package is one of its own: it makes a
// wasm program 1.2 MB larger, 0.3 MB compressed.
package wsjson

import (
	"context"
	"encoding/json"
	"iter"
	"reflect"
	"unsafe"

	"github.com/twinsocket/websocket"
)

// An Error says that a value can't be written as JSON, or that a message is not the JSON of the value wanted. The connection is
// not concerned: nothing was sent, or the message has been passed over. Every other error of this package is the connection's
// or the context's.
type Error struct {
	Op  string // "Read", "Write", "Decode" or "Send"
	Err error  // encoding/json's, such as a *json.SyntaxError, or why a Blob can't be read
}

// Error returns "wsjson: OPERATION: " and what encoding/json says.
func (e *Error) Error() string { return "wsjson: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// inOp gives an error of encoding/json's the form of this package's.
func inOp(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{op, err}
}

// Read waits for the next message and decodes it into what v points to, from its own bytes: nothing is copied but what ends up
// in v. An UnmarshalJSON or UnmarshalText must leave the bytes that it is given as they are, and not keep them.
//
// A message that can't be decoded is an [*Error] and is gone; the next Read takes the next one. A v that is no pointer is one
// too, and takes no message. Otherwise the errors are those of [websocket.WebSocketStream.Read]: io.EOF after a clean close,
// the context's cause, and after that no part of a message is lost.
func Read(ctx context.Context, s *websocket.WebSocketStream, v any) error {
	if err := checkTarget(v); err != nil {
		return inOp("Read", err)
	}
	d, err := s.Read(ctx)
	if err != nil {
		return err
	}
	return inOp("Read", decode(d, v))
}

// Messages returns an iterator over the messages that [Read] would return, each in a T of its own. It ends after a clean close.
// After an [*Error], which is about one message alone, the loop may go on; any other error is the last that it brings. Leaving
// the loop leaves the stream as it is.
func Messages[T any](ctx context.Context, s *websocket.WebSocketStream) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for d, err := range s.Messages(ctx) {
			var v T
			if err == nil {
				err = inOp("Read", decode(d, &v))
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// Decode decodes a message, such as a [websocket.MessageEvent]'s Data, into what v points to. Nothing is copied but what ends up
// in v, which is the program's to keep, with Options.BorrowMessages too; see [Read] for what an UnmarshalJSON must not do. The
// error is an [*Error]. A Blob is read first, which in a browser takes a wait.
func Decode(d websocket.Data, v any) error {
	if err := checkTarget(v); err != nil {
		return inOp("Decode", err)
	}
	return inOp("Decode", decode(d, v))
}

// checkTarget wants something that can be decoded into, before a message is lost to what can't.
func checkTarget(v any) error {
	if p := reflect.ValueOf(v); p.Kind() != reflect.Pointer || p.IsNil() {
		return &json.InvalidUnmarshalError{Type: reflect.TypeOf(v)}
	}
	return nil
}

// decode wants exactly one value.
func decode(d websocket.Data, v any) error {
	if blob := d.Blob(); blob != nil {
		b, err := blob.Bytes()
		if err != nil {
			return err
		}
		return json.Unmarshal(b, v)
	}
	_, err := d.WriteTo(writerFunc(func(p []byte) error { return json.Unmarshal(p, v) }))
	return err
}

// Write encodes v and sends it as one text message. It waits as [websocket.WebSocketStream.Write] does, whose errors it returns.
// A v that can't be encoded is an [*Error], and nothing of it was sent. What encoding/json puts together is copied once, into
// what goes to the network or, in a browser, to JavaScript.
func Write(ctx context.Context, s *websocket.WebSocketStream, v any) error {
	var sent bool
	err := json.NewEncoder(writerFunc(func(p []byte) error {
		sent = true
		return s.Write(ctx, websocket.Text(textOf(withoutLineFeed(p))))
	})).Encode(v)
	if sent {
		return err
	}
	return inOp("Write", err)
}

// withoutLineFeed undoes what an Encoder does for streams in which values follow each other.
func withoutLineFeed(p []byte) []byte { return p[:len(p)-1] }

// textOf returns the bytes as a string. They are not changed before the string is given up.
func textOf(p []byte) string { return unsafe.String(unsafe.SliceData(p), len(p)) }

// A Sender is what [Send] sends with: a [*websocket.WebSocket], or a socket of package reconnect.
type Sender interface {
	// Send takes a message, to keep.
	Send(websocket.Data) error
}

// Send encodes v and sends it as one text message. The errors are those of to's Send; a v that can't be encoded is an [*Error],
// and nothing of it was sent.
func Send(to Sender, v any) error {
	p, err := json.Marshal(v)
	if err != nil {
		return inOp("Send", err)
	}
	return to.Send(websocket.Text(textOf(p)))
}

// writerFunc is an io.Writer that does something with all that it is given.
type writerFunc func(p []byte) error

func (f writerFunc) Write(p []byte) (int, error) {
	if err := f(p); err != nil {
		return 0, err
	}
	return len(p), nil
}
