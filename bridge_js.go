//go:build js

package websocket

import (
	"syscall/js"

	engine "github.com/twinsocket/websocket/js"
)

// JSValue returns the browser's Blob. One that came over another engine, such as native.Over, is copied into a new one, which
// fails if its bytes can't be read.
func (b *Blob) JSValue() (js.Value, error) {
	value, err := engine.BlobValue(b.inner())
	if err != nil {
		err = asException("JSValue", err)
	}
	return value, err
}

// BlobFromJS makes a Blob of the browser's, a File for example: its bytes stay where they are until they are asked for. The
// error is ErrSyntax if value is no Blob.
func BlobFromJS(value js.Value) (*Blob, error) {
	data := engine.WrapBlob(value)
	if data == nil {
		return nil, exception("BlobFromJS", ErrSyntax, "got a value of type "+engine.TypeOf(value)+" that is no Blob, want one")
	}
	return &Blob{data}, nil
}

// JSValue returns the WebSocket object of JavaScript's under the socket, to hand it to JavaScript or for what only a browser has.
// It is null until Start, which makes it, and for a socket over another engine. The socket still takes the object's events: a
// page that closes the object, or sends on it, does it for the socket too.
func (ws *WebSocket) JSValue() js.Value {
	if value := engine.SocketValue(ws.core.conn); value.Truthy() {
		return value
	}
	return js.Null()
}

// FromJS makes a socket of a WebSocket that JavaScript made, with the default options: the browser's, or an object of a
// service's own kind that has send, close, readyState and an event target's methods. What an object lacks is empty, such as the
// URL. The error is ErrSyntax if value is no such object.
//
// URL, ReadyState, Protocol and Extensions are right at once, and an open socket can send at once. As always, events flow from
// Start: what came to the object before can't be seen any more, so an object that was open when FromJS was called gives no open
// event, and messages are missed if the program waits for something between the object's first event and Start. A close event
// comes always, since programs wait for it: for an object closed before Start with the code 1006, behind an error event.
//
// The object's binaryType is set to "arraybuffer". Nothing else of it is changed, so JavaScript's listeners stay. From Start on
// it is closed if the socket is collected, as one that Go made. A service's methods are the program's to call, for example
// accept, best directly after Start.
func FromJS(value js.Value) (*WebSocket, error) { return new(Dialer).fromJS(value) }

// FromJS makes a socket as the function FromJS does, with d's options. An Engine gives ErrNotSupported.
func (d *Dialer) FromJS(value js.Value) (*WebSocket, error) { return d.fromJS(value) }

func (d *Dialer) fromJS(value js.Value) (*WebSocket, error) {
	if d.Engine != nil {
		return nil, exception("FromJS", ErrNotSupported, "an Engine: the object is its own")
	}
	if err := d.checkSocket("FromJS"); err != nil {
		return nil, err
	}
	c := d.newCore()
	c.prepare(d, "")
	a, err := engine.Adopt(value, d.Options, c)
	if err != nil {
		return nil, asException("FromJS", err)
	}
	c.adopt(a)
	return c.newHandle("FromJS"), nil
}

// adopt has the core begin where the object is.
func (c *core) adopt(a engine.Adoption) {
	c.conn, c.url = a.Conn, a.URL
	c.state.Store(uint32(a.State))
	if ReadyState(a.State) != Connecting {
		c.agreed.protocol, c.agreed.extensions = a.Protocol, a.Extensions
		c.handshakeTimeout = 0
	}
}
