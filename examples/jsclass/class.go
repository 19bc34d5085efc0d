//go:build js

package jsclass

import (
	"syscall/js"

	"github.com/twinsocket/websocket"
)

// class is the class and what all its objects share. All of it is used in calls of JavaScript's, one at a time.
type class struct {
	name      string
	tasks     *tasks
	dispatch  js.Value // EventTarget.prototype.dispatchEvent as a function of the target
	prototype js.Value
	sockets   map[int]*socket
	last      int

	// records is a WeakMap: an object's record has its id in sockets and its event handlers. They are kept on this side, where
	// an object that only its own handlers refer to is collected.
	records  js.Value
	registry js.Value // a FinalizationRegistry: the Go side goes with the object
}

// New makes a class of that name. It is never released.
func New(name string) js.Value {
	target := global.Get("EventTarget")
	c := &class{
		name:      name,
		tasks:     newTasks(),
		dispatch:  bound(target.Get("prototype").Get("dispatchEvent"), "call"),
		prototype: object.Call("create", target.Get("prototype")),
		sockets:   map[int]*socket{},
		records:   global.Get("WeakMap").New(),
	}
	c.registry = global.Get("FinalizationRegistry").New(js.FuncOf(func(_ js.Value, args []js.Value) any {
		delete(c.sockets, args[0].Int())
		return nil
	}))
	made := constructor(name, 1, target, c.construct)
	define(made, "prototype", map[string]any{"value": c.prototype})
	define(c.prototype, "constructor", map[string]any{"value": made, "writable": true, "configurable": true})
	define(c.prototype, global.Get("Symbol").Get("toStringTag"), map[string]any{"value": name, "configurable": true})
	c.defineConstants(made)
	c.defineMembers()
	return made
}

// limitless has none of the limits that a browser does not have either.
var limitless = &websocket.Dialer{Options: websocket.Options{ReadLimit: -1, HandshakeTimeout: -1}}

// construct is the constructor: WebSockets Standard, 3.1.
func (c *class) construct(newTarget js.Value, args []js.Value) (any, error) {
	if len(args) == 0 {
		return nil, typeError(c.name + ": got no argument, want a URL")
	}
	url, err := toString(args[0])
	if err != nil {
		return nil, err
	}
	protocols, err := toStrings(argument(args, 1))
	if err != nil {
		return nil, err
	}
	ws, err := limitless.New(url, protocols...)
	if err != nil {
		return nil, err
	}
	instance, err := construct(newTarget)
	if err != nil {
		return nil, err
	}
	s := &socket{ws: ws, url: ws.URL(), class: c, object: instance, binaryType: "blob"}
	c.add(s)
	s.listen()
	ws.Start()
	return instance, nil
}

// construct makes an EventTarget that is of the class, or of the subclass, that new was called with.
func construct(newTarget js.Value) (v js.Value, err error) {
	defer catch(&err)
	return reflect.Call("construct", global.Get("EventTarget"), []any{}, newTarget), nil
}

func (c *class) add(s *socket) {
	c.last++
	c.sockets[c.last] = s
	c.records.Call("set", s.object, map[string]any{"id": c.last})
	c.registry.Call("register", s.object, c.last)
}

// find returns the record and the Go side of an object, or a TypeError if it is not the class's.
func (c *class) find(this js.Value) (record js.Value, s *socket, err error) {
	record = c.records.Call("get", this)
	if record.IsUndefined() {
		return record, nil, typeError(c.name + ": illegal invocation")
	}
	return record, c.sockets[record.Get("id").Int()], nil
}

func (c *class) defineConstants(made js.Value) {
	for value := websocket.Connecting; value <= websocket.Closed; value++ {
		for _, on := range []js.Value{made, c.prototype} {
			define(on, value.String(), map[string]any{"value": int(value), "enumerable": true})
		}
	}
}

// defineMembers defines what the prototype has, in the order of the Standard's interface.
func (c *class) defineMembers() {
	c.attribute("url", func(s *socket) any { return s.url }, nil)
	c.attribute("readyState", func(s *socket) any { return int(s.readyState()) }, nil)
	c.attribute("bufferedAmount", func(s *socket) any { return s.bufferedAmount() }, nil)
	c.handler("open")
	c.handler("error")
	c.handler("close")
	c.attribute("extensions", func(s *socket) any { return s.extensions }, nil)
	c.attribute("protocol", func(s *socket) any { return s.protocol }, nil)
	c.method("close", 0, (*socket).closeMethod)
	c.handler("message")
	c.attribute("binaryType", func(s *socket) any { return s.binaryType }, (*socket).setBinaryType)
	c.method("send", 1, (*socket).send)
}

func (c *class) method(name string, length int, do func(*socket, []js.Value) (any, error)) {
	f := function(name, length, func(this js.Value, args []js.Value) (any, error) {
		_, s, err := c.find(this)
		if err != nil {
			return nil, err
		}
		return do(s, args)
	})
	define(c.prototype, name, map[string]any{"value": f, "writable": true, "enumerable": true, "configurable": true})
}

// attribute defines an attribute; without set it is read-only.
func (c *class) attribute(name string, get func(*socket) any, set func(*socket, js.Value) error) {
	var setter body
	if set != nil {
		setter = func(this js.Value, args []js.Value) (any, error) {
			_, s, err := c.find(this)
			if err != nil {
				return nil, err
			}
			return nil, set(s, argument(args, 0))
		}
	}
	c.accessor(name, func(this js.Value, _ []js.Value) (any, error) {
		_, s, err := c.find(this)
		if err != nil {
			return nil, err
		}
		return get(s), nil
	}, setter)
}

func (c *class) accessor(name string, getter, setter body) {
	descriptor := map[string]any{"enumerable": true, "configurable": true, "get": function("get "+name, 0, getter)}
	if setter != nil {
		descriptor["set"] = function("set "+name, 1, setter)
	}
	define(c.prototype, name, descriptor)
}

// handler defines an event handler attribute: HTML Standard, 8.1.8.1. A function that knows the handler is a listener from when
// the attribute is set to when it is set to null.
func (c *class) handler(typ string) {
	target := global.Get("EventTarget").Get("prototype")
	listener := function("", 1, func(this js.Value, args []js.Value) (any, error) { return nil, c.handle(typ, this, args[0]) })
	c.accessor("on"+typ, func(this js.Value, _ []js.Value) (any, error) {
		record, _, err := c.find(this)
		if err != nil || record.Get(typ).IsUndefined() {
			return js.Null(), err
		}
		return record.Get(typ), nil
	}, func(this js.Value, args []js.Value) (any, error) {
		record, _, err := c.find(this)
		if err != nil {
			return nil, err
		}
		if v := argument(args, 0); isObject(v) { // [LegacyTreatNonObjectAsNull]
			record.Set(typ, v)
			_, err = apply(target.Get("addEventListener"), this, typ, listener) // keeps its place if it has one
		} else {
			record.Set(typ, nil)
			_, err = apply(target.Get("removeEventListener"), this, typ, listener)
		}
		return nil, err
	})
}

// handle is the HTML Standard's "event handler processing algorithm". A handler that is no function does nothing.
func (c *class) handle(typ string, this, event js.Value) error {
	record, _, err := c.find(this)
	if err != nil || record.Get(typ).Type() != js.TypeFunction {
		return err
	}
	returned, err := apply(record.Get(typ), this, event)
	if err == nil && returned.Equal(js.ValueOf(false)) {
		event.Call("preventDefault")
	}
	return err
}
