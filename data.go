package websocket

import "unsafe"

// Data is one message: text, binary or a Blob. It is a small value; the zero Data is an empty text.
//
// One type serves Send and received messages, so an echo is ws.Send(e.Data).
type Data struct {
	kind  dataKind
	text  string
	bytes []byte // of binary; also of a text that was borrowed
	blob  *Blob
}

type dataKind uint8

const (
	textData dataKind = iota
	binaryData
	blobData
)

// Text makes a text message. Bytes of s that are not valid UTF-8 are sent as U+FFFD, each of them as one.
func Text(s string) Data { return Data{text: s} }

// Binary makes a binary message of b, which is not copied; [WebSocket.Send] copies it.
func Binary(b []byte) Data { return Data{kind: binaryData, bytes: b} }

// FromBlob makes a binary message of a Blob. In a browser its bytes are sent without passing through Go's memory.
func FromBlob(b *Blob) Data {
	if b == nil {
		b = new(Blob)
	}
	return Data{kind: blobData, blob: b}
}

// IsText reports whether the message is text.
func (d Data) IsText() bool { return d.kind == textData }

// IsBinary reports whether the message is binary with its bytes in Go's memory.
func (d Data) IsBinary() bool { return d.kind == binaryData }

// Text returns the text of a text message and, as they are, the bytes of a binary one. For a Blob it returns "":
// its bytes take a wait, see [Blob.Bytes].
func (d Data) Text() string {
	if d.bytes != nil {
		return string(d.bytes)
	}
	return d.text
}

// sharedText is Text for a use that ends before a borrowed text does.
func (d Data) sharedText() string {
	if d.kind == textData && d.bytes != nil {
		return unsafe.String(unsafe.SliceData(d.bytes), len(d.bytes))
	}
	return d.text
}

// Bytes returns the bytes of a binary message, which all listeners share, or a copy of the text. For a Blob it returns nil:
// its bytes take a wait, see [Blob.Bytes]. With Options.BorrowMessages, text is not copied either, and the bytes are valid until
// the listeners have returned.
func (d Data) Bytes() []byte {
	if d.kind == textData && d.bytes == nil {
		return []byte(d.text)
	}
	return d.bytes
}

// Blob returns the message's Blob, or nil if it is none.
func (d Data) Blob() *Blob { return d.blob }

// Size returns the message's length in bytes.
func (d Data) Size() int64 {
	if d.kind == blobData {
		return d.blob.Size()
	}
	return int64(len(d.text) + len(d.bytes))
}
