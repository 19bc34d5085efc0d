package main

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"syscall/js"

	"github.com/twinsocket/websocket"
)

// session is a connection to the relay by the browser's WebTransport: https://www.w3.org/TR/webtransport/.
type session struct{ transport js.Value }

// dial connects to the relay whose certificate has the hash. ctx ends the attempt. Where the browser has no WebTransport, the error
// is websocket.ErrNotSupported.
func dial(ctx context.Context, url, hash string) (s *session, err error) {
	want, err := parseHash(hash)
	if err != nil {
		return nil, err
	}
	class := js.Global().Get("WebTransport")
	if !class.Truthy() {
		return nil, websocket.ErrNotSupported
	}
	defer catch(&err)
	certificate := map[string]any{"algorithm": "sha-256", "value": bytes(want)}
	s = &session{class.New(url, map[string]any{"serverCertificateHashes": []any{certificate}})}
	defer context.AfterFunc(ctx, s.close)()
	if _, err := await(s.transport.Get("ready")); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return s, nil
}

// close ends the session, and all its streams.
func (s *session) close() { s.transport.Call("close") }

func (s *session) stream(ctx context.Context) (c carrier, err error) {
	defer catch(&err)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	stream, err := await(s.transport.Call("createBidirectionalStream"))
	if err != nil {
		return nil, err
	}
	return &browserStream{
		reader: stream.Get("readable").Call("getReader"),
		writer: stream.Get("writable").Call("getWriter"),
	}, nil
}

type browserStream struct {
	reader, writer js.Value

	rest    js.Value // what was read, as a Uint8Array, and did not fit; undefined if there is nothing
	writing atomic.Bool
	closed  atomic.Bool
}

func (s *browserStream) Read(p []byte) (n int, err error) {
	defer catch(&err)
	if len(p) == 0 {
		return 0, nil
	}
	if s.rest.IsUndefined() {
		result, err := await(s.reader.Call("read"))
		switch {
		case s.closed.Load():
			return 0, io.ErrClosedPipe
		case err != nil:
			return 0, err
		case result.Get("done").Bool():
			return 0, io.EOF
		}
		s.rest = result.Get("value")
	}
	n = js.CopyBytesToGo(p, s.rest)
	if n == s.rest.Length() {
		s.rest = js.Undefined()
	} else {
		s.rest = s.rest.Call("subarray", n)
	}
	return n, nil
}

// Write waits until the browser has taken p, which it does not while too much is unsent.
func (s *browserStream) Write(p []byte) (n int, err error) {
	defer catch(&err)
	s.writing.Store(true)
	defer s.writing.Store(false)
	_, err = await(s.writer.Call("write", bytes(p)))
	switch {
	case s.closed.Load():
		return 0, io.ErrClosedPipe
	case err != nil:
		return 0, err
	}
	return len(p), nil
}

func (s *browserStream) Close() error {
	if s.writing.Load() { // the peer does not take it
		return s.Abort()
	}
	return s.end("close")
}

func (s *browserStream) Abort() error { return s.end("abort") }

// end ends both directions. Nobody waits for the promises, or is told of their rejection.
func (s *browserStream) end(writer string) (err error) {
	defer catch(&err)
	if s.closed.Swap(true) {
		return nil
	}
	ignore := js.Global().Get("Function").Get("prototype") // does nothing
	s.reader.Call("cancel").Call("catch", ignore)
	s.writer.Call(writer).Call("catch", ignore)
	return nil
}

func bytes(b []byte) js.Value {
	array := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(array, b)
	return array
}

// live counts the funcs that JavaScript holds.
var live atomic.Int64

// await waits for a promise, whose rejection is the error.
func await(promise js.Value) (result js.Value, err error) {
	settled := make(chan struct{})
	settle := func(failed bool) js.Func {
		live.Add(1)
		return js.FuncOf(func(_ js.Value, args []js.Value) any {
			if result = args[0]; failed {
				err = js.Error{Value: result}
			}
			close(settled)
			return nil
		})
	}
	fulfilled, rejected := settle(false), settle(true)
	promise.Call("then", fulfilled, rejected)
	<-settled
	fulfilled.Release()
	rejected.Release()
	live.Add(-2)
	return result, err
}

// catch makes an error of what JavaScript threw.
func catch(err *error) {
	switch thrown := recover().(type) {
	case nil:
	case js.Error:
		*err = errors.Join(*err, thrown)
	default:
		panic(thrown)
	}
}
