//go:build js

package js

import (
	"sync"
	"syscall/js"
	"unsafe"
)

// What the browser calls to wake a connection is no js.Func: each of its calls gives Go two objects, which takes longer than all else
// that a wake does. It is a function that the program exports as WebAssembly, which makes a goroutine ready, and then the method
// by which wasm_exec.js has the program run until it waits.

// ready has a connection's goroutine run when the program is resumed. It must not wait for anything.
//
//go:wasmexport twinsocket.ready
func ready(number int32) {
	wakes.Add(1)
	if c := running.find(int(number)); c != nil {
		c.wake()
	}
}

// program is the object of wasm_exec.js that runs this program. Among the values of syscall/js it is behind the global object.
var program = func() js.Value {
	v := global
	*(*uint64)(unsafe.Pointer(&v))++
	return v
}()

// exported returns ready as JavaScript has it, undefined if the program is run by something that is not made like wasm_exec.js.
func exported() js.Value {
	instance := program.Get("_inst")
	if !there(instance) {
		return instance
	}
	return instance.Get("exports").Get("twinsocket.ready")
}

// running are the connections that ready finds.
var running registry

// registry finds connections by their numbers.
type registry struct {
	mu   sync.Mutex // never held across a call into JavaScript
	list []*connection
	next int // no number below is free
	live int
}

func (r *registry) add(c *connection) (number int) {
	r.mu.Lock()
	for r.next < len(r.list) && r.list[r.next] != nil {
		r.next++
	}
	if r.next == len(r.list) {
		r.list = append(r.list, nil)
	}
	number = r.next
	r.list[number] = c
	r.live++
	r.mu.Unlock()
	return number
}

func (r *registry) remove(number int) {
	r.mu.Lock()
	r.list[number] = nil
	r.next = min(r.next, number)
	if r.live--; r.live == 0 {
		r.list, r.next = nil, 0
	}
	r.mu.Unlock()
}

// find returns nil if the connection is gone, which an event that was on its way may find.
func (r *registry) find(number int) (c *connection) {
	r.mu.Lock()
	if number < len(r.list) {
		c = r.list[number]
	}
	r.mu.Unlock()
	return c
}
