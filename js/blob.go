//go:build js

package js

import "syscall/js"

// blob is the browser's Blob.
type blob struct{ value js.Value }

// NewBlob makes a Blob of a copy of b.
func NewBlob(b []byte, contentType string) Blob {
	return makeBlob(toJS(b), map[string]any{"type": contentType})
}

func makeBlob(part js.Value, options ...any) *blob {
	return &blob{global.Get("Blob").New(append([]any{[]any{part}}, options...)...)}
}

func (b *blob) Size() int64  { return int64(b.value.Get("size").Float()) }
func (b *blob) Type() string { return b.value.Get("type").String() }

// Bytes waits for the browser to read the bytes.
func (b *blob) Bytes() ([]byte, error) {
	buffer, err := await(b.value.Call("arrayBuffer"))
	if err != nil {
		return nil, err
	}
	return toGo(uint8Array.New(buffer)), nil
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
		err = thrown{v}
		close(settled)
	})
	defer release(reject)
	promise.Call("then", resolve, reject)
	<-settled
	return value, err
}
