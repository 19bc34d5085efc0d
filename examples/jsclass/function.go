//go:build js

package jsclass

import "syscall/js"

var (
	global  = js.Global()
	object  = global.Get("Object")
	reflect = global.Get("Reflect")

	// A property of a value that JavaScript gives may have a getter that throws, which ends the program in js.Value.Get.
	get = bound(reflect, "get")
)

// bound returns an object's method as a function.
func bound(object js.Value, method string, args ...any) js.Value {
	return object.Get(method).Call("bind", append([]any{object}, args...)...)
}

// A body is what a function does. What it returns as an error, the function throws; it must not wait for anything.
type body func(this js.Value, args []js.Value) (any, error)

// A thrown is a value that JavaScript threw or that is to be thrown.
type thrown struct{ value js.Value }

func (t thrown) Error() string { return "JavaScript threw" }

// catch makes an error of what a call into JavaScript throws.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case js.Error:
		*err = thrown{r.Value}
	default:
		panic(r)
	}
}

// A js.Func can't throw: what Go returns, JavaScript gets. So there is a function in WebAssembly between them, which takes what
// Go returns, an object, and returns its property "value". Reading that throws if it is a getter that does.
//
//	(module
//	  (import "" "call" (func $call (param externref externref externref) (result externref)))
//	  (import "" "get" (func $get (param externref externref) (result externref)))
//	  (import "" "key" (global $key externref))
//	  (func (export "trap") (param externref externref externref) (result externref)
//	    (call $get (call $call (local.get 0) (local.get 1) (local.get 2)) (global.get $key))))
const trapModule = "\x00asm\x01\x00\x00\x00" +
	"\x01\x0E\x02" + "\x60\x03\x6F\x6F\x6F\x01\x6F" + "\x60\x02\x6F\x6F\x01\x6F" + // types
	"\x02\x18\x03" + "\x00\x04call\x00\x00" + "\x00\x03get\x00\x01" + "\x00\x03key\x03\x6F\x00" + // imports
	"\x03\x02\x01\x00" + // functions
	"\x07\x08\x01\x04trap\x00\x02" + // exports
	"\x0A\x10\x01\x0E\x00" + "\x20\x00\x20\x01\x20\x02\x10\x00" + "\x23\x00\x10\x01" + "\x0B" // code

var compiled = func() js.Value {
	code := global.Get("Uint8Array").New(len(trapModule))
	js.CopyBytesToJS(code, []byte(trapModule))
	return global.Get("WebAssembly").Get("Module").New(code)
}()

// trap makes a proxy's trap: a function of three arguments that returns or throws what call does.
func trap(call func(a, b, c js.Value) (any, error)) js.Value {
	inner := js.FuncOf(func(_ js.Value, args []js.Value) any {
		return result(call(args[0], args[1], args[2]))
	})
	imports := map[string]any{"": map[string]any{"call": inner, "get": reflect.Get("get"), "key": "value"}}
	return global.Get("WebAssembly").Get("Instance").New(compiled, imports).Get("exports").Get("trap")
}

// result makes the object that the module reads.
func result(value any, err error) any {
	if err == nil && value == nil {
		return object.New()
	}
	if err == nil {
		return map[string]any{"value": value}
	}
	signal := global.Get("AbortSignal").Call("abort", exceptionOf(err))
	getter := map[string]any{"get": bound(signal, "throwIfAborted")}
	return object.Call("defineProperty", object.New(), "value", getter)
}

// function makes a function that is no constructor.
func function(name string, length int, do body) js.Value {
	target := global.Get("parseInt").Call("bind") // any function that is no constructor
	nameIt(target, name, length)
	return global.Get("Proxy").New(target, map[string]any{"apply": trap(func(_, this, args js.Value) (any, error) {
		return do(this, elements(args))
	})})
}

// constructor makes a class. Called without new it throws a TypeError.
func constructor(name string, length int, parent js.Value, construct func(newTarget js.Value, args []js.Value) (any, error)) js.Value {
	target := global.Get("EventTarget").Call("bind") // any constructor
	nameIt(target, name, length)
	object.Call("setPrototypeOf", target, parent)
	return global.Get("Proxy").New(target, map[string]any{
		"construct": trap(func(_, args, newTarget js.Value) (any, error) { return construct(newTarget, elements(args)) }),
		"apply": trap(func(js.Value, js.Value, js.Value) (any, error) {
			return nil, typeError(name + ": called without new")
		}),
	})
}

func nameIt(function js.Value, name string, length int) {
	define(function, "name", map[string]any{"value": name, "configurable": true})
	define(function, "length", map[string]any{"value": length, "configurable": true})
}

// define defines a property: what the descriptor does not have is false.
func define(on js.Value, name any, descriptor map[string]any) {
	object.Call("defineProperty", on, name, descriptor)
}

func elements(array js.Value) []js.Value {
	list := make([]js.Value, array.Length())
	for i := range list {
		list[i] = array.Index(i)
	}
	return list
}
