package websocket

// Data is one message: text, binary or a Blob. It is a small value; the zero Data is an empty text.
//
// One type serves Send and received messages, so an echo is ws.Send(e.Data).
type Data struct {
	kind  dataKind
	text  string
	bytes []byte
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
	if b == nil || b.blob == nil {
		b = NewBlob(nil, "")
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
	if d.kind == binaryData {
		return string(d.bytes)
	}
	return d.text
}

// Bytes returns the bytes of a binary message, which all listeners share, or a copy of the text. For a Blob it returns nil:
// its bytes take a wait, see [Blob.Bytes].
func (d Data) Bytes() []byte {
	if d.kind == textData {
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

// A Blob is an immutable piece of binary data. In a browser it is the browser's own, whose bytes stay outside Go's memory
// until Bytes is called; natively it holds the bytes. The zero Blob is empty.
//
// File API, 3: https://w3c.github.io/FileAPI/#blob-section
type Blob struct {
	blob
}

// blob is what an engine makes.
type blob = interface {
	Size() int64
	Type() string
	Bytes() ([]byte, error)
}

// NewBlob makes a Blob of a copy of b. contentType is its MIME type; it may be empty, and is if it is not printable ASCII.
func NewBlob(b []byte, contentType string) *Blob { return &Blob{newBlob(b, contentType)} }

// Size returns the length in bytes.
func (b *Blob) Size() int64 {
	if b.blob == nil {
		return 0
	}
	return b.blob.Size()
}

// Type returns the MIME type in lower case, or "".
func (b *Blob) Type() string {
	if b.blob == nil {
		return ""
	}
	return b.blob.Type()
}

// Bytes returns a copy of the bytes. In a browser it waits until the browser has read them, so it must not be called in a
// program's own js.FuncOf; in a listener it may. The error is the browser's, for a file that can't be read, say.
func (b *Blob) Bytes() ([]byte, error) {
	if b.blob == nil {
		return nil, nil
	}
	return b.blob.Bytes()
}
