package native

import (
	"io"
	"slices"
	"strings"
)

// blob is bytes that nobody changes.
type blob struct {
	bytes       []byte
	contentType string
}

// NewBlob makes a Blob of a copy of b.
func NewBlob(b []byte, contentType string) Blob { return &blob{slices.Clone(b), blobType(contentType)} }

// blobType is the type that a Blob gets: File API, 3.1: none if it holds anything outside U+0020 to U+007E, else in lower case.
func blobType(s string) string {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7E {
			return ""
		}
	}
	return strings.ToLower(s)
}

func (b *blob) Size() int64  { return int64(len(b.bytes)) }
func (b *blob) Type() string { return b.contentType }

func (b *blob) Slice(start, end int64, contentType string) any {
	return &blob{b.bytes[start:end:end], blobType(contentType)}
}

func (b *blob) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, b.bytes[min(off, b.Size()):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
