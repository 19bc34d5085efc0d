//go:build js

package websocket_test

import (
	"errors"
	"syscall/js"
	"testing"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
)

// decodedByTheBrowser is what the browser's own Blob.text() gives.
func decodedByTheBrowser(t *testing.T, blob *websocket.Blob) (string, bool) {
	value, err := blob.JSValue()
	if err != nil {
		t.Fatal(err)
	}
	return await(value.Call("text")).String(), true
}

// await waits for what a promise brings.
func await(promise js.Value) js.Value {
	result := make(chan js.Value, 1)
	settled := js.FuncOf(func(_ js.Value, args []js.Value) any {
		result <- args[0]
		return nil
	})
	defer settled.Release()
	promise.Call("then", settled, settled)
	return <-result
}

func TestBlobToAndFromJavaScript(t *testing.T) {
	value, err := websocket.NewBlob([]byte("héllo"), "a/b").JSValue()
	if err != nil || !value.InstanceOf(js.Global().Get("Blob")) || await(value.Call("text")).String() != "héllo" {
		t.Errorf("JSValue: got %v, %v", value, err)
	}
	file := js.Global().Get("File").New([]any{"0123456789"}, "name.txt", map[string]any{"type": "text/plain"})
	blob, err := websocket.BlobFromJS(file)
	if err != nil {
		t.Fatal(err)
	}
	if back, _ := blob.JSValue(); !back.Equal(file) {
		t.Error("JSValue does not give the File back")
	}
	if text, err := blob.Slice(2, 4, "").Text(); text != "23" || err != nil || blob.Size() != 10 || blob.Type() != "text/plain" {
		t.Errorf("got %q, %v, size %d, type %q", text, err, blob.Size(), blob.Type())
	}
	for _, v := range []js.Value{js.Undefined(), js.Null(), js.ValueOf("text"), js.ValueOf(7), js.Global().Get("Object").New(),
		js.Global().Call("BigInt", 7)} {
		if _, err := websocket.BlobFromJS(v); !errors.Is(err, websocket.ErrSyntax) {
			t.Errorf("BlobFromJS(%v): got %v", v, err)
		}
	}
}

// A page learns by the exception's name why a file can't be read.
func TestBlobThatCanNotBeRead(t *testing.T) {
	file := js.Global().Get("Blob").New([]any{"abc"})
	gone := js.FuncOf(func(js.Value, []js.Value) any {
		return js.Global().Get("Promise").Call("reject", js.Global().Get("DOMException").New("gone", "NotReadableError"))
	})
	defer gone.Release()
	part := js.Global().Get("Object").New()
	part.Set("arrayBuffer", gone)
	slice := js.FuncOf(func(js.Value, []js.Value) any { return part })
	defer slice.Release()
	file.Set("slice", slice)

	blob, err := websocket.BlobFromJS(file)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := blob.Bytes(); b != nil || !errors.Is(err, websocket.ErrNotReadable) || err.Error() != "websocket: Bytes: NotReadableError: gone" {
		t.Errorf("Bytes: got %q, %v", b, err)
	}
	if text, err := blob.Text(); text != "" || !errors.Is(err, websocket.ErrNotReadable) {
		t.Errorf("Text: got %q, %v", text, err)
	}
	if n, err := blob.Reader().Read(make([]byte, 2)); n != 0 || !errors.Is(err, websocket.ErrNotReadable) {
		t.Errorf("Read: got %d, %v", n, err)
	}
}

// A Blob of another engine becomes one of the browser's.
func TestBlobOfAnotherEngineToJavaScript(t *testing.T) {
	var sink websocket.Sink
	d := &websocket.Dialer{Engine: func(_ string, _ []string, s websocket.Sink) (websocket.Conn, error) {
		sink = s
		return new(fakeConn), nil
	}}
	ws, err := d.New("ws://h/")
	if err != nil {
		t.Fatal(err)
	}
	var got string
	ws.OnMessage(func(e *websocket.MessageEvent) {
		value, err := e.Data.Blob().JSValue()
		must(t, err)
		got = await(value.Call("text")).String() + " " + value.Get("type").String()
	})
	ws.Start()
	sink.Opened("", "")
	sink.Blob(native.NewBlob([]byte("héllo"), "a/b"))
	sink.Closed(1000, "", true, nil)
	if got != "héllo a/b" {
		t.Errorf("got %q", got)
	}
}

// The bytes of a Blob stay outside Go's memory: a read of a few brings a few.
func TestBlobBytesStayOutsideGo(t *testing.T) {
	large := js.Global().Get("Blob").New([]any{js.Global().Get("Uint8Array").New(256 << 20)})
	blob, err := websocket.BlobFromJS(large)
	if err != nil {
		t.Fatal(err)
	}
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		p := make([]byte, 10)
		for b.Loop() {
			if _, err := blob.Slice(200<<20, -5, "").ReadAt(p, 1<<20); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 64<<10 {
		t.Errorf("a read of 10 bytes allocated %d", allocated)
	}
}
