package native

import "slices"

// blob is bytes that nobody changes.
type blob struct {
	bytes       []byte
	contentType string
}

// NewBlob makes a Blob of a copy of b.
func NewBlob(b []byte, contentType string) Blob { return &blob{slices.Clone(b), contentType} }

func (b *blob) Size() int64            { return int64(len(b.bytes)) }
func (b *blob) Type() string           { return b.contentType }
func (b *blob) Bytes() ([]byte, error) { return slices.Clone(b.bytes), nil }
