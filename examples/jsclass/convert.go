//go:build js

package jsclass

import (
	"errors"
	"math"
	"strings"
	"syscall/js"

	"github.com/twinsocket/websocket"
)

// The conversions of Web IDL, 3.2: https://webidl.spec.whatwg.org/#js-type-mapping

var (
	concat   = global.Get("String").Get("prototype").Get("concat").Call("bind", "") // ToString: unlike String, it throws for a symbol
	number   = bound(global.Get("Math"), "max")
	iterator = global.Get("Symbol").Get("iterator")
	tag      = bound(object.Get("prototype").Get("toString"), "call")
	isView   = bound(global.Get("ArrayBuffer"), "isView")
)

// typeError makes a TypeError of JavaScript's.
func typeError(message string) error { return thrown{global.Get("TypeError").New(message)} }

// domException makes a DOMException of JavaScript's.
func domException(name, message string) error {
	return thrown{global.Get("DOMException").New(message, name)}
}

// exceptionOf returns what JavaScript is to catch.
func exceptionOf(err error) js.Value {
	var own thrown
	var exception *websocket.DOMException
	switch {
	case errors.As(err, &own):
		return own.value
	case errors.As(err, &exception):
		return global.Get("DOMException").New(exception.Message, exception.Name)
	}
	return global.Get("Error").New(err.Error())
}

// toString is Web IDL's USVString: what is no Unicode becomes U+FFFD on its way to Go.
func toString(v js.Value) (s string, err error) {
	defer catch(&err)
	return concat.Invoke(v).String(), nil
}

// fromString makes a JavaScript string. Go's own conversion takes a byte order mark at the front for no part of the text.
func fromString(s string) string {
	const byteOrderMark = "\uFEFF"
	if strings.HasPrefix(s, byteOrderMark) {
		return byteOrderMark + s
	}
	return s
}

// toClamped is [Clamp] unsigned short: the nearest one, of two the even one, and 0 for what is no number.
func toClamped(v js.Value) (n uint16, err error) {
	defer catch(&err)
	f := number.Invoke(v).Float()
	if math.IsNaN(f) {
		return 0, nil
	}
	return uint16(math.RoundToEven(min(max(f, 0), math.MaxUint16))), nil
}

// toStrings is (DOMString or sequence<DOMString>): an object that can be iterated is a sequence.
func toStrings(v js.Value) (list []string, err error) {
	defer catch(&err)
	all := []js.Value{v}
	if v.IsUndefined() {
		return nil, nil
	}
	if isObject(v) {
		if method := get.Invoke(v, iterator); !method.IsUndefined() && !method.IsNull() {
			all = elements(global.Get("Array").Call("from", v))
		}
	}
	for _, element := range all {
		s, err := toString(element)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// isObject reports whether a value is one: Object would make another of what is none. js.Value.Type panics for a bigint.
func isObject(v js.Value) bool { return object.Invoke(v).Equal(v) }

// toData is (BufferSource or Blob or USVString).
func toData(v js.Value) (d websocket.Data, err error) {
	defer catch(&err)
	switch {
	case isView.Invoke(v).Bool():
		return viewData(v)
	case brand("ArrayBuffer", "byteLength", v):
		return bufferData(v, v)
	case tag.Invoke(v).String() == "[object SharedArrayBuffer]": // a page may have no such class, but such objects
		return websocket.Data{}, typeError("send: got a SharedArrayBuffer, want an ArrayBuffer")
	}
	if blob, err := websocket.BlobFromJS(v); err == nil {
		return websocket.FromBlob(blob), nil
	}
	s, err := toString(v)
	return websocket.Text(s), err
}

func viewData(view js.Value) (websocket.Data, error) {
	buffer := get.Invoke(view, "buffer")
	if !brand("ArrayBuffer", "byteLength", buffer) {
		return websocket.Data{}, typeError("send: got a view of a shared buffer, want one of an ArrayBuffer")
	}
	return bufferData(buffer, view)
}

// bufferData copies the bytes of a buffer, or of a view of it. One that was transferred has none.
func bufferData(buffer, view js.Value) (websocket.Data, error) {
	switch {
	case get.Invoke(buffer, "resizable").Truthy():
		return websocket.Data{}, typeError("send: got a resizable ArrayBuffer, want one of fixed length")
	case get.Invoke(buffer, "byteLength").Int() == 0:
		return websocket.Binary(nil), nil
	}
	offset := get.Invoke(view, "byteOffset") // of a buffer undefined, which is 0
	bytes := global.Get("Uint8Array").New(buffer, offset, get.Invoke(view, "byteLength"))
	b := make([]byte, bytes.Length())
	js.CopyBytesToGo(b, bytes)
	return websocket.Binary(b), nil
}

// brand reports whether a value is of a class, of whatever window: whether the getter of the class takes it.
func brand(class, attribute string, v js.Value) bool {
	property := object.Call("getOwnPropertyDescriptor", global.Get(class).Get("prototype"), attribute)
	_, err := apply(property.Get("get"), v)
	return err == nil
}

// apply calls a function.
func apply(f, this js.Value, args ...any) (v js.Value, err error) {
	defer catch(&err)
	return reflect.Call("apply", f, this, args), nil
}
