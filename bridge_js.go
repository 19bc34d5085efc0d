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
		return nil, exception("BlobFromJS", ErrSyntax, "got a value of type "+value.Type().String()+" that is no Blob, want one")
	}
	return &Blob{data}, nil
}
