package websocket

import (
	"io"
	"unsafe"
)

// Data is one message: text, binary or a Blob. It is a small value; the zero Data is an empty text.
//
// One type serves Send and received messages, so an echo is ws.Send(e.Data).
type Data struct {
	_ incomparable // it would be the place that is compared

	at   unsafe.Pointer // the bytes, or the *Blob
	size int            // in bytes
	kind dataKind
}

type dataKind uint8

const (
	textData dataKind = iota
	lentText          // its bytes are the engine's again when the listeners have returned
	binaryData
	blobData
)

// Text makes a text message. Bytes of s that are not valid UTF-8 are sent as U+FFFD, each of them as one.
func Text(s string) Data { return Data{at: unsafe.Pointer(unsafe.StringData(s)), size: len(s)} }

// Binary makes a binary message of b, which is not copied; [WebSocket.Send] copies it.
func Binary(b []byte) Data {
	return Data{at: unsafe.Pointer(unsafe.SliceData(b)), size: len(b), kind: binaryData}
}

// FromBlob makes a binary message of a Blob. In a browser its bytes are sent without passing through Go's memory.
func FromBlob(b *Blob) Data {
	if b == nil || b.data == nil {
		b = NewBlob(nil, "")
	}
	return Data{at: unsafe.Pointer(b), size: int(b.Size()), kind: blobData}
}

// lend makes a text message of what has to be copied where it is kept.
func lend(s string) Data {
	d := Text(s)
	d.kind = lentText
	return d
}

// IsText reports whether the message is text.
func (d Data) IsText() bool { return d.kind <= lentText }

// IsBinary reports whether the message is binary with its bytes in Go's memory.
func (d Data) IsBinary() bool { return d.kind == binaryData }

// Text returns the text of a text message and, as they are, the bytes of a binary one. For a Blob it returns "":
// its bytes take a wait, see [Blob.Bytes].
func (d Data) Text() string {
	if d.kind == textData {
		return d.shared()
	}
	return string(d.view())
}

// Bytes returns the bytes of a binary message, which all listeners share, or a copy of the text. For a Blob it returns nil:
// its bytes take a wait, see [Blob.Bytes]. With Options.BorrowMessages, text is not copied either, and the bytes are valid until
// the listeners have returned.
func (d Data) Bytes() []byte {
	if d.kind == textData {
		return []byte(d.shared())
	}
	return d.view()
}

// WriteTo writes the message's bytes to w, in one Write that copies nothing, so that w must not keep or change them, as an
// [io.Writer] must not. A Blob's come piece by piece, and in a browser take a wait: see [Blob.Reader].
func (d Data) WriteTo(w io.Writer) (n int64, err error) {
	if blob := d.Blob(); blob != nil {
		return io.Copy(w, blob.Reader())
	}
	written, err := w.Write(d.view())
	return int64(written), err
}

// shared is the bytes as they are, as a string that may be lent.
func (d Data) shared() string { return unsafe.String((*byte)(d.at), d.size) }

// view is the bytes as they are, none for a Blob.
func (d Data) view() []byte {
	if d.kind == blobData {
		return nil
	}
	return unsafe.Slice((*byte)(d.at), d.size)
}

// Blob returns the message's Blob, or nil if it is none.
func (d Data) Blob() *Blob {
	if d.kind == blobData {
		return (*Blob)(d.at)
	}
	return nil
}

// Size returns the message's length in bytes.
func (d Data) Size() int64 { return int64(d.size) }
