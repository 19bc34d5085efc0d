//go:build js

package jsclass

import (
	"sync"
	"syscall/js"
)

// tasks run one by one in tasks of the browser's. Each event needs its own, so that promises settle between two of them, and so
// that none comes while a call of the page's is under way.
type tasks struct {
	post js.Value

	mu   sync.Mutex
	todo []func() // guarded by mu
}

func newTasks() *tasks {
	t := new(tasks)
	channel := global.Get("MessageChannel").New()
	t.post = bound(channel.Get("port2"), "postMessage", 0)
	channel.Get("port1").Set("onmessage", js.FuncOf(func(js.Value, []js.Value) any {
		t.next()()
		return nil
	}))
	return t
}

func (t *tasks) next() (do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do, t.todo = t.todo[0], t.todo[1:]
	return do
}

// run has a task do something and waits for it.
func (t *tasks) run(do func()) {
	done := make(chan struct{})
	t.mu.Lock()
	t.todo = append(t.todo, func() {
		defer close(done)
		do()
	})
	t.mu.Unlock()
	t.post.Invoke()
	<-done
}
