//go:build js

package js

import (
	"sync"
	"syscall/js"
)

// A socket outlives a program that exits without closing it, and its events still call the program's funcs, which throw then:
// an error in the page's console for each. So between the two is a function that takes what it is given for a js.Func to call,
// and swallows what that throws. In Go nothing else is thrown: a panic ends the program, and a trap can't be caught.
//
//	(module
//	  (import "" "f" (func $f (param externref externref)))
//	  (func (export "g") (param externref externref)
//	    try (call $f (local.get 0) (local.get 1)) catch_all end))
const guardModule = "\x00asm\x01\x00\x00\x00" +
	"\x01\x06\x01" + "\x60\x02\x6F\x6F\x00" + // types
	"\x02\x06\x01" + "\x00\x01f\x00\x00" + // imports
	"\x03\x02\x01\x00" + // functions
	"\x07\x05\x01\x01g\x00\x01" + // exports
	"\x0A\x0E\x01\x0C\x00" + "\x06\x40\x20\x00\x20\x01\x10\x00\x19\x0B" + "\x0B" // code

// guard calls a function with one argument. It is undefined where a module can't be compiled at run time.
var guard = sync.OnceValue(func() (g js.Value) {
	defer func() {
		if recover() != nil {
			g = js.Undefined()
		}
	}()
	assembly := global.Get("WebAssembly")
	module := assembly.Get("Module").New(toJS([]byte(guardModule)))
	call := bound(global.Get("Function").Get("prototype").Get("call"), "call") // f, this
	imports := map[string]any{"": map[string]any{"f": call}}
	return assembly.Get("Instance").New(module, imports).Get("exports").Get("g")
})

// guarded makes a func that takes its argument as this, and whose calls after the program's end do nothing.
func guarded(f js.Func) js.Func {
	if g := guard(); g.Truthy() {
		f.Value = g.Call("bind", nil, f.Value)
	}
	return f
}
