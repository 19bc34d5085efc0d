//go:build js

package js

import (
	"strings"
	"sync"
	"syscall/js"
)

// module.wat says what the module does. A page that may run Go may compile it too: both take 'wasm-unsafe-eval' in the page's
// Content-Security-Policy. A host that gives programs compiled modules alone, such as Cloudflare's, has the engine do without:
// see connection.loose.

// crossing guards the module's memory, and the order of what is sent. It is held from the first use of the memory until the
// bytes are where they belong, and never while the sink or the tracer is called.
var crossing sync.Mutex

// module is what the sockets' instances share.
type module struct {
	class   js.Value // WebAssembly.Instance
	code    js.Value // the compiled module
	imports js.Value
	view    js.Value // a Uint8Array of the memory
}

// The parts of the memory, as module.wat has them.
const (
	pageSize    = 1 << 16
	viewSize    = 17 * pageSize
	memoryPages = 19
)

// shared returns the module, nil if there can't be one here.
var shared = sync.OnceValue(func() (m *module) {
	defer func() {
		if recover() != nil {
			m = nil
		}
	}()
	return compile()
})

func compile() *module {
	wasm := global.Get("WebAssembly")
	code := wasm.Get("Module").New(toJS([]byte(moduleCode)))
	size := object.New()
	size.Set("initial", memoryPages)
	memory := wasm.Get("Memory").New(size)
	view := uint8Array.New(memory.Get("buffer"), 0, viewSize)
	return &module{class: wasm.Get("Instance"), code: code, imports: imports(memory, view), view: view}
}

var object = global.Get("Object")

// imports makes the object of what module.wat imports from "js".
func imports(memory, view js.Value) js.Value {
	keepMark := object.New()
	keepMark.Set("ignoreBOM", true) // which says that a byte order mark is part of the text
	hasInstance := builtin("Reflect").Call("get", builtin("Function.prototype"), builtin("Symbol.hasInstance"))
	o := object.New()
	put(o, "memory", memory)
	put(o, "view", view)
	put(o, "draft", uint8Array.New(memory.Get("buffer"), viewSize))
	put(o, "data", js.ValueOf("data"))
	put(o, "written", js.ValueOf("written"))
	put(o, "getData", messageData())
	put(o, "get", builtin("Reflect.get"))
	put(o, "isBuffer", hasInstance.Call("bind", builtin("ArrayBuffer")))
	put(o, "byteLength", method(getter("ArrayBuffer", "byteLength")))
	put(o, "list", builtin("Array.of"))
	put(o, "newBytes", builtin("Reflect.construct").Call("bind", nil, uint8Array))
	put(o, "set", method(builtin("Uint8Array.prototype.set")))
	put(o, "object", object)
	put(o, "same", builtin("Object.is"))
	put(o, "encode", bound(builtin("TextEncoder").New(), "encodeInto"))
	put(o, "part", bound(view, "subarray"))
	put(o, "decode", bound(builtin("TextDecoder").New("utf-8", keepMark), "decode"))
	put(o, "call", method(builtin("Function.prototype.call")))
	return o
}

func put(object js.Value, name string, value js.Value) { object.Set(name, value) }

// messageData returns a function of an event and "data" that returns the event's data.
func messageData() js.Value {
	if builtin("MessageEvent").Truthy() {
		if get := getter("MessageEvent", "data"); get.Truthy() {
			return method(get)
		}
	}
	return builtin("Reflect.get")
}

// builtin finds a global object's property by names between dots.
func builtin(path string) js.Value {
	v := global
	for more := true; more; {
		var name string
		name, path, more = strings.Cut(path, ".")
		v = v.Get(name)
	}
	return v
}

// getter returns the getter of a class's property, undefined if there is none.
func getter(class, property string) js.Value {
	descriptor := object.Call("getOwnPropertyDescriptor", builtin(class+".prototype"), property)
	if !descriptor.Truthy() {
		return js.Undefined()
	}
	return descriptor.Get("get")
}

// method returns a method as a function of its object and its arguments.
func method(function js.Value) js.Value {
	return builtin("Function.prototype.call").Call("bind", function)
}

// instance is a socket's instance of the module.
type instance struct {
	exports                js.Value
	pack, send, sendPacked js.Value // those that are called often
}

// instantiate makes an instance that calls send and wake.
func (m *module) instantiate(send, wake js.Value) *instance {
	socket, all := object.New(), object.New()
	socket.Set("send", send)
	socket.Set("wake", wake)
	all.Set("js", m.imports)
	all.Set("socket", socket)
	exports := m.class.New(m.code, all).Get("exports")
	return &instance{exports, exports.Get("pack"), exports.Get("send"), exports.Get("sendPacked")}
}
