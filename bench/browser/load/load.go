//go:build js

// Package load is what the clients compiled to WebAssembly do, with whatever library. floor.js does the same in JavaScript, in
// the same order.
package load

import (
	"errors"
	"strconv"
	"strings"
	"syscall/js"
	"time"
)

// Load has a connection do what the page was ordered to.
type Load struct {
	URL    string
	Text   bool // text messages, else binary
	Borrow bool // messages are borrowed, where the library can

	task   string
	size   int // of each message
	window int // echoes under way
	batch  int // messages between two looks at the clock

	texts    [2]string // what is sent: ordinary and lastOfBatch
	binaries [2][]byte
	conn     Conn
	done     chan struct{}
	failed   chan error
	deadline time.Time // of this run

	sent, received int
	limit          int // how many are sent, or asked for, before the next look at the clock
}

// Conn is an open connection.
type Conn interface {
	SendText(message string) error
	SendBinary(message []byte) error
}

// Serve offers the page a client. The dialled connection calls Got from then on.
func Serve(dial func(*Load) (Conn, error)) {
	js.Global().Call("ready", js.FuncOf(func(_ js.Value, args []js.Value) any {
		l := newLoad(args[0])
		return promise(func() (any, error) { return l.open(dial) })
	}))
	select {}
}

// What a message to a send task begins with, as the server knows it.
const (
	ordinary    = 0
	lastOfBatch = 1
)

func newLoad(order js.Value) *Load {
	l := &Load{
		URL:    order.Get("url").String(),
		Text:   order.Get("text").Bool(),
		Borrow: order.Get("borrow").Bool(),
		task:   order.Get("task").String(),
		size:   order.Get("size").Int(),
		window: order.Get("window").Int(),
		batch:  order.Get("batch").Int(),
		done:   make(chan struct{}, 1),
		failed: make(chan error, 1),
	}
	for first := range l.texts {
		l.texts[first] = string(rune(first)) + strings.Repeat("a", l.size-1)
		l.binaries[first] = make([]byte, l.size)
		l.binaries[first][0] = byte(first)
	}
	return l
}

// promise is what do comes to, which may block.
func promise(do func() (any, error)) js.Value {
	executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			if value, err := do(); err != nil {
				reject.Invoke(js.Global().Get("Error").New(err.Error()))
			} else {
				resolve.Invoke(value)
			}
		}()
		return nil
	})
	defer executor.Release()
	return js.Global().Get("Promise").New(executor)
}

// open returns the function that runs the load for some milliseconds.
func (l *Load) open(dial func(*Load) (Conn, error)) (run any, err error) {
	if l.conn, err = dial(l); err != nil {
		return nil, err
	}
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		time := time.Duration(args[0].Int()) * time.Millisecond
		return promise(func() (any, error) { return l.run(time) })
	}), nil
}

// run does the task for at least that time, and returns how many messages it took.
func (l *Load) run(atLeast time.Duration) (messages int, err error) {
	l.deadline = time.Now().Add(atLeast)
	l.sent, l.received, l.limit = 0, 0, 0
	switch l.task {
	case "echo":
		l.limit = l.batch
		for range l.window {
			l.sent++
			l.send(ordinary)
		}
	case "receive":
		l.ask()
	case "send":
		l.sendBatch()
		l.sendBatch()
	}
	select {
	case <-l.done:
		return l.received, nil
	case err := <-l.failed:
		return 0, err
	}
}

// Check ends the run if there is an error.
func (l *Load) Check(err error) {
	if err == nil {
		return
	}
	select {
	case l.failed <- err:
	default:
	}
}

// Got is told of a message and reports whether it is to be sent back.
func (l *Load) Got(text bool, size int) (back bool) {
	want := l.size
	if l.task == "send" {
		want = 1
	}
	if text != l.Text || size != want {
		l.Check(errors.New("got a message of " + strconv.Itoa(size) + " bytes, want " + strconv.Itoa(want)))
	}
	switch l.task {
	case "echo":
		return l.echoed()
	case "receive":
		l.took()
	case "send":
		l.answered()
	}
	return false
}

func (l *Load) inTime() bool { return time.Now().Before(l.deadline) }

func (l *Load) over() { l.done <- struct{}{} }

// echoed keeps the window full until the time is over.
func (l *Load) echoed() (back bool) {
	l.received++
	if l.sent == l.limit && l.inTime() {
		l.limit += l.batch
	}
	if l.sent < l.limit {
		l.sent++
		return true
	}
	if l.received == l.sent {
		l.over()
	}
	return false
}

// ask asks for a batch.
func (l *Load) ask() {
	l.limit += l.batch
	l.Check(l.conn.SendText(strconv.Itoa(l.batch)))
}

// took asks for more when half of what was asked for last is there.
func (l *Load) took() {
	l.received++
	if l.received == l.limit-l.batch/2 && l.inTime() {
		l.ask()
	}
	if l.received == l.limit {
		l.over()
	}
}

// answered is told that a batch has arrived. Another one is under way.
func (l *Load) answered() {
	l.received += l.batch
	if l.inTime() {
		l.sendBatch()
	} else if l.received == l.sent {
		l.over()
	}
}

func (l *Load) sendBatch() {
	l.sent += l.batch
	for range l.batch - 1 {
		l.send(ordinary)
	}
	l.send(lastOfBatch)
}

func (l *Load) send(first int) {
	if l.Text {
		l.Check(l.conn.SendText(l.texts[first]))
	} else {
		l.Check(l.conn.SendBinary(l.binaries[first]))
	}
}
