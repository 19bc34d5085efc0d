//go:build !js

package peer

import (
	"errors"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// servePair joins two clients.
func servePair(x *exchange) error {
	name := x.query.get("with")
	if name == "" {
		return errors.New("testserver: with: got none, want the name that the other connection has too")
	}
	ws := x.upgrade()
	if ws == nil {
		return nil
	}
	other := x.server.pairs.join(name, ws, x.server.stop)
	if other == nil {
		sendClose(ws, closeBody(websocket.CloseTryAgainLater, "nobody came"))
		awaitClose(ws)
		return nil
	}
	pass(ws, other)
	return nil
}

// pass has other get what comes from ws, its Close frame too. An end without
// one ends the other in the same way.
func pass(ws, other *websocket.Conn) {
	for {
		kind, message, err := ws.ReadMessage()
		if err == nil {
			other.WriteMessage(kind, message) // if that fails, other's own goroutine knows it too
			continue
		}
		var end *websocket.CloseError
		if !errors.As(err, &end) || end.Code == websocket.CloseAbnormalClosure {
			other.Close()
			return
		}
		sendClose(other, websocket.FormatCloseMessage(end.Code, end.Text))
		other.SetReadDeadline(time.Now().Add(waitLimit))
		return
	}
}

// pairs are those who wait for another.
type pairs struct {
	mu      sync.Mutex
	waiting map[string]*waiter
}

type waiter struct {
	ws    *websocket.Conn
	other chan *websocket.Conn
}

// join returns the connection that has the same name, or nil if none comes.
func (p *pairs) join(name string, ws *websocket.Conn, stop <-chan struct{}) (other *websocket.Conn) {
	p.mu.Lock()
	if w := p.waiting[name]; w != nil {
		delete(p.waiting, name)
		p.mu.Unlock()
		w.other <- ws
		return w.ws
	}
	w := &waiter{ws, make(chan *websocket.Conn, 1)}
	if p.waiting == nil {
		p.waiting = map[string]*waiter{}
	}
	p.waiting[name] = w
	p.mu.Unlock()
	select {
	case other = <-w.other:
		return other
	case <-stop:
	case <-time.After(waitLimit):
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[name] != w { // it has just come
		return <-w.other
	}
	delete(p.waiting, name)
	return nil
}
