//go:build js

package js

import (
	"sync"
	"syscall/js"
)

// module.wat says what the module does. A page that may run Go may compile it too: both take 'wasm-unsafe-eval' in the page's
// Content-Security-Policy. A host that gives programs compiled modules alone, such as Cloudflare's, has the engine do without:
// see inbox.queue.

// crossing guards the module's memory, and the order of what is sent. It is held from the first use of the memory until the
// bytes are where they belong, and never while the sink or the tracer is called.
var crossing sync.Mutex

// module is what the sockets' instances share.
type module struct {
	class   js.Value // WebAssembly.Instance
	code    js.Value // the compiled module
	imports js.Value
	view    js.Value // a Uint8Array of the memory
	flag    js.Value // null if there is none, and ports are used: see connection.setPost
	guard   js.Value // calls a func with one argument, see guarded
}

// The parts of the memory, as module.wat has them.
const (
	pageSize    = 1 << 16
	viewSize    = 17 * pageSize
	memoryPages = 19
)

// shared returns the module, nil if there can't be one here.
func shared() *module {
	compiled.Lock()
	if !compiled.tried {
		compiled.tried = true
		if m, err := compile("js-string"); err == nil {
			compiled.module = m
		}
	}
	compiled.Unlock()
	return compiled.module
}

var compiled struct {
	sync.Mutex
	tried  bool
	module *module
}

// compile makes the module, with those of the browser's built-ins in line that it knows.
func compile(builtins ...any) (m *module, err error) {
	defer catch(&err)
	wasm := global.Get("WebAssembly")
	code := wasm.Get("Module").New(toJS([]byte(moduleCode)), with("builtins", builtins))
	memory := wasm.Get("Memory").New(with("initial", memoryPages))
	m = &module{class: wasm.Get("Instance"), code: code}
	m.view = uint8Array.New(memory.Get("buffer"), 0, viewSize)

	own := object.Call("create", program) // which has _resume
	set(own, "memory", memory)
	set(own, "view", m.view)
	set(own, "draft", uint8Array.New(memory.Get("buffer"), viewSize))
	set(own, "clock", clock)
	set(own, "program", program)
	set(own, "ready", exported())
	set(own, "encoder", global.Get("TextEncoder").New())
	set(own, "decoder", global.Get("TextDecoder").New("utf-8", with("ignoreBOM", true))) // a byte order mark is part of the text
	for _, key := range [...]string{"data", "written", "length", "exited", "value"} {
		own.Set(key, key)
	}
	for _, i := range importedMethods {
		set(own, i.name, method(i.class, i.member))
	}
	zero := object.New()
	for _, name := range [...]string{"test", "length", "charCodeAt", "waitAsync", "notify"} {
		set(zero, name, object.Get("is")) // false for one argument, or for two that differ
	}
	m.imports = object.Call("create", global)
	set(m.imports, "js", own)
	set(m.imports, "wasm:js-string", zero)
	if m.flag, err = newFlag(); err != nil {
		m.flag = js.Null()
		set(m.imports, "Atomics", zero)
	}
	set(own, "flag", m.flag)
	m.guard = m.instantiate(object, 0).exports.Get("guard")
	return m, nil
}

// newFlag makes what Atomics.waitAsync waits for, memory that threads could share, and tries that.
func newFlag() (flag js.Value, err error) {
	defer catch(&err)
	pages := with("initial", 1)
	pages.Set("maximum", 1)
	pages.Set("shared", true)
	memory := global.Get("WebAssembly").Get("Memory").New(pages)
	flag = global.Get("Int32Array").New(memory.Get("buffer"))
	global.Get("Atomics").Get("waitAsync").Invoke(flag)
	return flag, nil
}

// importedMethods are what module.wat imports as functions of an object and of the arguments.
var importedMethods = [...]struct{ name, class, member string }{
	{"getData", "MessageEvent", "data"},
	{"byteLength", "ArrayBuffer", "byteLength"},
	{"set", "Uint8Array", "set"},
	{"part", "Uint8Array", "subarray"},
	{"encode", "TextEncoder", "encodeInto"},
	{"decode", "TextDecoder", "decode"},
	{"call", "Function", "call"},
	{"then", "Promise", "then"},
}

// method returns a class's method, or a property's getter, as a function whose first argument is the object. Where the class has
// none, because its objects have the property themselves, that is Reflect.get.
func method(class, name string) js.Value {
	prototype := global.Get(class).Get("prototype")
	function := prototype.Call("__lookupGetter__", name)
	if function.IsUndefined() {
		function = prototype.Get(name)
	}
	if function.IsUndefined() {
		return global.Get("Reflect").Get("get")
	}
	return bound(function, "call")
}

// with makes an object with one property.
func with(key string, value any) js.Value {
	o := object.New()
	o.Set(key, value)
	return o
}

// guarded makes a function of one argument whose calls after the program's end do nothing: see module.wat. Where there is no
// module, it is the function itself.
func guarded(function js.Value) js.Value {
	if m := shared(); m != nil {
		return m.guard.Call("bind", nil, function)
	}
	return function
}

// instance is a socket's instance of the module.
type instance struct {
	*module
	exports                js.Value
	pack, send, sendPacked js.Value // those that are called often
}

// instantiate makes an instance for the connection of a number, which calls send.
func (m *module) instantiate(send js.Value, number int) *instance {
	all := object.Call("create", m.imports)
	socket := with("send", send)
	socket.Set("number", number)
	set(all, "socket", socket)
	exports := m.class.New(m.code, all).Get("exports")
	return &instance{m, exports, exports.Get("pack"), exports.Get("send"), exports.Get("sendPacked")}
}
