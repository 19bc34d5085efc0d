//go:build js

package js

import (
	"sync/atomic"
	"syscall/js"
	"time"
)

var (
	global     = js.Global()
	object     = global.Get("Object")
	uint8Array = global.Get("Uint8Array")

	// The platform's, even if the program puts a class of its own in its place.
	webSocket = global.Get("WebSocket")
)

// bound returns the object's method as a function that needs no object: calling it is the cheapest way into JavaScript.
func bound(object js.Value, method string, args ...any) js.Value {
	return object.Get(method).Call("bind", append([]any{object}, args...)...)
}

const byteOrderMark = "\uFEFF"

// text makes a JavaScript string. Go's own conversion takes a byte order mark at the front for no part of the text.
func text(s string) any {
	if len(s) >= len(byteOrderMark) && s[:len(byteOrderMark)] == byteOrderMark {
		return byteOrderMark + s
	}
	return s
}

// set sets a property. At each call it is some hundred bytes of wasm less than js.Value.Set, which makes an interface of the value.
//
//go:noinline
func set(object js.Value, key string, value js.Value) { object.Set(key, value) }

// toJS copies bytes to JavaScript.
func toJS(b []byte) js.Value {
	a := uint8Array.New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}

// toGo copies a Uint8Array to Go.
func toGo(a js.Value) []byte {
	b := make([]byte, a.Length())
	js.CopyBytesToGo(b, a)
	return b
}

// catch turns what a call into JavaScript throws into an error, or that there is nothing to call.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case js.Error:
		*err = newThrown(r.Value)
	case *js.ValueError:
		*err = r
	default:
		panic(r)
	}
}

// thrown is an exception of the browser's.
type thrown struct {
	name, message string
	_             [0]func() // not comparable, as nobody compares them
}

// newThrown makes an error of an exception. A page may throw anything, which is its own message then.
func newThrown(v js.Value) error {
	if object.Invoke(v).Equal(v) { // an object
		return &thrown{name: v.Get("name").String(), message: v.Get("message").String()}
	}
	return &thrown{name: "Error", message: global.Get("String").Invoke(v).String()}
}

func (t *thrown) Error() string   { return "websocket: " + t.name + ": " + t.message }
func (t *thrown) Name() string    { return t.name }
func (t *thrown) Message() string { return t.message }

// Is knows a websocket.DOMException by its text.
func (t *thrown) Is(target error) bool { return target.Error() == "websocket: "+t.name }

// TypeOf returns the name of a value's type. js.Value.Type panics for a bigint.
func TypeOf(v js.Value) (name string) {
	defer func() {
		if recover() != nil {
			name = "bigint"
		}
	}()
	return v.Type().String()
}

// Warn writes to the console.
func Warn(message string) { global.Get("console").Call("warn", message) }

// ParseURL parses a URL and serializes it: https://url.spec.whatwg.org. The base is the page's, or the worker's.
func ParseURL(raw string) (href string, err error) {
	defer catch(&err)
	base := js.Undefined()
	if location := global.Get("location"); there(location) {
		base = location.Get("href")
	}
	if document := global.Get("document"); there(document) {
		base = document.Get("baseURI")
	}
	return global.Get("URL").New(raw, base).Get("href").String(), nil
}

// there reports whether a value is neither undefined nor null. js.Value.Truthy would be 1 KB of wasm,
// and to have it in line some hundred bytes.
//
//go:noinline
func there(v js.Value) bool { return !v.IsUndefined() && !v.IsNull() }

// clock counts milliseconds. time.Since does the same, with methods of time.Time that would be 9 KB of wasm.
var (
	clock = bound(global.Get("performance"), "now")
	start = clock.Invoke().Float()
)

// SinceStart returns the time since the start of the program.
func SinceStart() time.Duration { return sinceStart(clock.Invoke().Float()) }

func sinceStart(clock float64) time.Duration {
	return time.Duration((clock - start) * float64(time.Millisecond))
}

// wakes counts the calls of ready, and funcs the js.Funcs that are not released.
var wakes, funcs atomic.Int64

// newFunc makes a func that the browser calls with an event. It must not wait for anything: that would stop the program.
func newFunc(fn func(event js.Value)) js.Func {
	funcs.Add(1)
	f := js.FuncOf(func(_ js.Value, args []js.Value) any {
		fn(args[0])
		return nil
	})
	f.Value = guarded(f.Value)
	return f
}

func release(f js.Func) {
	funcs.Add(-1)
	f.Release()
}
