//go:build js

package js

import (
	"io"
	"syscall/js"
)

// blob is the browser's Blob.
type blob struct{ value js.Value }

// NewBlob makes a Blob of a copy of b.
func NewBlob(b []byte, contentType string) Blob {
	return makeBlob(toJS(b), map[string]any{"type": contentType})
}

func makeBlob(part js.Value, options ...any) *blob {
	return &blob{global.Get("Blob").New(append([]any{[]any{part}}, options...)...)}
}

// WrapBlob makes a Blob of the browser's. It returns nil if value is none.
func WrapBlob(value js.Value) Blob {
	if class := global.Get("Blob"); !class.Truthy() || !value.InstanceOf(class) {
		return nil
	}
	return &blob{value}
}

// BlobValue returns the browser's Blob, which it makes of the bytes of one that is not the browser's.
func BlobValue(b Blob) (js.Value, error) {
	if own, ok := b.(*blob); ok {
		return own.value, nil
	}
	p := make([]byte, b.Size())
	if n, err := b.ReadAt(p, 0); n < len(p) {
		return js.Undefined(), err
	}
	return makeBlob(toJS(p), map[string]any{"type": b.Type()}).value, nil
}

func (b *blob) Size() int64  { return int64(b.value.Get("size").Float()) }
func (b *blob) Type() string { return b.value.Get("type").String() }

func (b *blob) Slice(start, end int64, contentType string) any {
	return &blob{b.value.Call("slice", start, end, contentType)}
}

// ReadAt waits for the browser to read just those bytes.
func (b *blob) ReadAt(p []byte, off int64) (int, error) {
	part := b.value.Call("slice", off, off+int64(len(p)))
	buffer, err := await(part.Call("arrayBuffer"))
	if err != nil {
		return 0, err
	}
	n := js.CopyBytesToGo(p, uint8Array.New(buffer))
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// await waits for a promise.
func await(promise js.Value) (value js.Value, err error) {
	settled := make(chan struct{})
	resolve := newFunc(func(v js.Value) {
		value = v
		close(settled)
	})
	defer release(resolve)
	reject := newFunc(func(v js.Value) {
		err = newThrown(v)
		close(settled)
	})
	defer release(reject)
	promise.Call("then", resolve, reject)
	<-settled
	return value, err
}
