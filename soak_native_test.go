//go:build !js

package websocket_test

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// Connections that come and go leave the heap, the goroutines and the file descriptors as they were.
func TestTenThousandConnectionsLeaveNothing(t *testing.T) {
	cycle(t, 1000) // what pools and the peer keep
	heap, goroutines, files := inUse()
	cycle(t, 10000)
	deadline := time.Now().Add(30 * time.Second)
	for {
		h, g, n := inUse()
		if h <= heap+1<<20 && g <= goroutines && n <= files {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("before: %d bytes, %d goroutines, %d files; after: %d, %d, %d", heap, goroutines, files, h, g, n)
		}
		runtime.Gosched() // the peer's side may still be ending
	}
}

// cycle opens, uses and closes n connections, eight at a time.
func cycle(t *testing.T, n int) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range n / 8 {
				ws, err := websocket.New(server() + "/echo")
				if err != nil {
					t.Error(err)
					return
				}
				ws.OnOpen(func(websocket.Event) { ws.Send(websocket.Text("x")) })
				ws.OnMessage(func(e *websocket.MessageEvent) { ws.Close(1000, e.Data.Text()) })
				if err := ws.Run(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// inUse returns the bytes of live heap, the goroutines and, where the system tells, the open files.
func inUse() (heap uint64, goroutines, files int) {
	runtime.GC()
	runtime.GC() // what pools held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	list, _ := os.ReadDir("/proc/self/fd")
	return m.HeapAlloc, runtime.NumGoroutine(), len(list)
}

// Everything at once, from many goroutines, on a socket that ends meanwhile: the race detector watches, and the end is one.
func TestEverythingAtOnce(t *testing.T) {
	for range 20 {
		s := newSocket(t, nil, server()+"/echo")
		stop := make(chan struct{})
		var group sync.WaitGroup
		for _, use := range []func(){
			func() { s.Send(websocket.Text("text")) },
			func() { s.Send(websocket.Binary(make([]byte, 10000))) },
			func() { s.Send(websocket.FromBlob(websocket.NewBlob([]byte("blob"), ""))) },
			func() { s.BufferedAmount(); s.ReadyState(); s.Protocol(); s.Extensions() },
			func() { s.WaitBuffered(t.Context(), 1<<20) },
			func() { s.AddEventListener("message", func(websocket.Event) {})() },
			func() {
				s.AddEventListener("message", func(websocket.Event) {}, websocket.Once, websocket.Signal(t.Context()))
			},
			func() { s.OnMessage(func(*websocket.MessageEvent) {}); s.OnMessage(nil) },
			func() { s.SetBinaryType(websocket.BlobType); s.SetBinaryType(websocket.ArrayBuffer) },
			func() { s.DispatchEvent(websocket.NewEvent("mine", websocket.EventInit{})) },
		} {
			group.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						use()
						runtime.Gosched()
					}
				}
			})
		}
		messages := 0
		s.AddEventListener("message", func(websocket.Event) {
			if messages++; messages == 50 {
				for range 3 {
					group.Go(func() { s.Close(3000, "enough") })
				}
			}
		})
		s.Start()
		s.wait()
		close(stop)
		group.Wait()
		s.mu.Lock()
		closes := 0
		for _, event := range s.trace {
			if event == "close:3000:enough:true/3" {
				closes++
			}
		}
		if last := s.trace[len(s.trace)-1]; closes != 1 || last != "close:3000:enough:true/3" {
			t.Errorf("got %d close events, the last event is %s", closes, last)
		}
		s.mu.Unlock()
	}
}

// watchPage has no page to watch here.
func watchPage(*testing.T) (done func()) { return func() {} }
