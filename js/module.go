//go:build js

package js

import (
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
	guard   js.Value // calls a func with one argument, see guarded
}

// The parts of the memory, as module.wat has them.
const (
	pageSize    = 1 << 16
	viewSize    = 17 * pageSize
	memoryPages = 19
)

// shared returns the module, nil if there can't be one here.
var shared = func() *module {
	compiled.once.Do(func() {
		defer func() { recover() }()
		compiled.module = compile()
	})
	return compiled.module
}

var compiled struct {
	once   sync.Once
	module *module
}

func compile() *module {
	wasm := global.Get("WebAssembly")
	m := &module{
		class: wasm.Get("Instance"),
		code:  wasm.Get("Module").New(toJS([]byte(moduleCode)), map[string]any{"builtins": []any{"js-string"}}),
	}
	memory := wasm.Get("Memory").New(map[string]any{"initial": memoryPages})
	m.view = uint8Array.New(memory.Get("buffer"), 0, viewSize)
	m.imports = imports(memory, m.view)
	m.guard = m.instantiate(object, object).exports.Get("guard")
	return m
}

// imports makes the object of what module.wat imports: the global object with the rest before it.
func imports(memory, view js.Value) js.Value {
	own := object.New()
	for _, key := range [...]string{"data", "written", "length"} {
		own.Set(key, key)
	}
	keepMark := map[string]any{"ignoreBOM": true} // which says that a byte order mark is part of the text
	for _, i := range [...]struct {
		name  string
		value js.Value
	}{
		{"memory", memory},
		{"view", view},
		{"draft", uint8Array.New(memory.Get("buffer"), viewSize)},
		{"getData", messageData()},
		{"byteLength", method(getter("ArrayBuffer", "byteLength"))},
		{"set", method(view.Get("set"))},
		{"encode", bound(global.Get("TextEncoder").New(), "encodeInto")},
		{"call", method(object.Get("call"))}, // Function.prototype's
		{"part", bound(view, "subarray")},
		{"decode", bound(global.Get("TextDecoder").New("utf-8", keepMark), "decode")},
	} {
		own.Set(i.name, i.value)
	}
	none := object.Get("is") // false for one argument, or for two that differ
	all := object.Call("create", global)
	all.Set("js", own)
	all.Set("wasm:js-string", map[string]any{"test": none, "length": none, "charCodeAt": none})
	return all
}

// messageData returns a function of an event and "data" that returns the event's data.
func messageData() js.Value {
	if get := getter("MessageEvent", "data"); get.Truthy() {
		return method(get)
	}
	return global.Get("Reflect").Get("get")
}

// getter returns the getter of a class's property, undefined if there is none.
func getter(class, property string) js.Value {
	descriptor := object.Call("getOwnPropertyDescriptor", global.Get(class).Get("prototype"), property)
	if !descriptor.Truthy() {
		return js.Undefined()
	}
	return descriptor.Get("get")
}

// method returns a method as a function of its object and its arguments.
func method(function js.Value) js.Value { return object.Get("call").Call("bind", function) }

// guarded makes a func that takes its argument as this, and whose calls after the program's end do nothing: see module.wat. Where
// there is no module, it is the func itself.
func guarded(f js.Func) js.Func {
	if m := shared(); m != nil {
		f.Value = m.guard.Call("bind", nil, f.Value)
	}
	return f
}

// instance is a socket's instance of the module.
type instance struct {
	exports                js.Value
	pack, send, sendPacked js.Value // those that are called often
}

// instantiate makes an instance that calls send and wake.
func (m *module) instantiate(send, wake js.Value) *instance {
	all := object.Call("create", m.imports)
	all.Set("socket", map[string]any{"send": send, "wake": wake})
	exports := m.class.New(m.code, all).Get("exports")
	return &instance{exports, exports.Get("pack"), exports.Get("send"), exports.Get("sendPacked")}
}
