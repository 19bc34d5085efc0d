package websocket

import "io"

// A Blob is an immutable piece of binary data. In a browser it is the browser's own, whose bytes stay outside Go's memory
// until they are asked for, and then only those; natively it holds the bytes, which its slices share. The zero Blob is empty.
//
// The calls that bring bytes wait for the browser, so they must not be made in a program's own js.FuncOf; in a listener they
// may. Their error is the browser's as a [*DOMException], such as ErrNotReadable for a file that is gone. Natively there is
// none.
//
// File API, 3: https://w3c.github.io/FileAPI/#blob-section
type Blob struct {
	data BlobData // nil in the zero Blob
}

// NewBlob makes a Blob of a copy of b. contentType is its MIME type; it may be empty, and is if it is not printable ASCII.
func NewBlob(b []byte, contentType string) *Blob { return &Blob{newBlob(b, contentType)} }

// inner returns the engine's side, which the zero Blob does not have yet.
func (b *Blob) inner() BlobData {
	if b.data == nil {
		return newBlob(nil, "")
	}
	return b.data
}

// Size returns the length in bytes.
func (b *Blob) Size() int64 {
	if b.data == nil {
		return 0
	}
	return b.data.Size()
}

// Type returns the MIME type in lower case, or "".
func (b *Blob) Type() string {
	if b.data == nil {
		return ""
	}
	return b.data.Type()
}

// Slice returns the bytes from start to end as a Blob of its own, and copies none. A negative number counts from the end,
// one beyond the end is the end: b.Slice(-4, b.Size(), "") is the last four bytes. contentType is the new Blob's type; the
// old one's is not kept.
//
// File API, 3.3.1: https://w3c.github.io/FileAPI/#slice-method-algo
func (b *Blob) Slice(start, end int64, contentType string) *Blob {
	size := b.Size()
	start, end = within(start, size), within(end, size)
	return &Blob{b.inner().Slice(start, max(start, end), contentType).(BlobData)}
}

// within returns a position in size bytes, of which a negative one counts from the end.
func within(at, size int64) int64 {
	if at < 0 {
		at += size
	}
	return min(max(at, 0), size)
}

// Bytes returns a copy of the bytes. For a Blob that does not fit in memory see [Blob.Reader].
func (b *Blob) Bytes() ([]byte, error) { return b.read("Bytes") }

// Text returns the bytes as text: without a byte order mark at the front, and with U+FFFD for what is not UTF-8.
//
// File API, 3.3.3: https://w3c.github.io/FileAPI/#text-method-algo
func (b *Blob) Text() (string, error) {
	p, err := b.read("Text")
	return decodeUTF8(p), err
}

func (b *Blob) read(op string) ([]byte, error) {
	p := make([]byte, b.Size())
	if n, err := b.readAt(op, p, 0); n < len(p) {
		return nil, err
	}
	return p, nil
}

// ReadAt copies bytes from off on to p, as [io.ReaderAt] says. In a browser just those bytes come to Go.
func (b *Blob) ReadAt(p []byte, off int64) (int, error) { return b.readAt("ReadAt", p, off) }

func (b *Blob) readAt(op string, p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, exception(op, ErrSyntax, "got a negative offset")
	}
	if len(p) == 0 {
		return 0, nil
	}
	if off >= b.Size() {
		return 0, io.EOF
	}
	n, err := b.data.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = asException(op, err)
	}
	return n, err
}

// Reader returns a reader of the bytes, which holds none of them: each Read brings what it was asked for. In a browser each is
// a wait, so a large buffer (64 KiB and more) is faster: bufio's, or that of io.CopyBuffer. Readers need not be closed.
//
// It stands for the stream method of File API, 3.3.2: https://w3c.github.io/FileAPI/#stream-method-algo
func (b *Blob) Reader() *io.SectionReader { return io.NewSectionReader(b, 0, b.Size()) }
