//go:build js

package js

import (
	"sync"
	"syscall/js"
)

// notify is the one Go func that the browser calls for the connections: with a connection's number as this, and with an event unless
// it is only to be woken. A func of its own for each would be dear to make, and have to be released.
var notify = js.FuncOf(func(number js.Value, args []js.Value) any {
	funcs.calls.Add(1)
	if c := notified.find(number.Int()); c != nil {
		if len(args) > 0 {
			c.note(args[0])
		}
		c.wake()
	}
	return nil
})

// notified are the connections that notify is called for.
var notified registry

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
