//go:build unix

package main

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// effort says against what is measured and how much.
type effort struct {
	Address string        // the server's
	Time    time.Duration // of traffic
	Conns   int           // to hold idle
	Setups  int
}

// result is what one client did in one scenario, in a process of its own.
type result struct {
	Cannot string // why it took no part

	N         int // messages, or connections
	CPU, Wall time.Duration
	Mallocs   uint64
	Allocated uint64 // bytes
	Writes    int64  // calls; -1 if this system does not count them
	Server    seen   // what the server saw meanwhile
	Memory    uint64 // bytes of heap and stacks that N connections use
}

// cpu is the time for one message or connection.
func (r result) cpu() float64 { return float64(r.CPU) / float64(r.N) }

// wall is the same by the clock on the wall.
func (r result) wall() float64 { return float64(r.Wall) / float64(r.N) }

// per is a count for one message or connection.
func (r result) per(count float64) float64 { return count / float64(r.N) }

func measureTraffic(s scenario, c client, e effort) (r result, err error) {
	l, err := newLoad(s, c, e.Address)
	if err != nil {
		return r, err
	}
	if _, err := l.run(e.Time / 4); err != nil { // buffers have their sizes, pools their contents
		return r, err
	}
	return metered(e, func() (int, error) { return l.run(e.Time) })
}

// metered measures what a func uses that returns how much it did. What is read first at the beginning is read last at the end.
func metered(e effort, do func() (int, error)) (r result, err error) {
	server, err := askCounts(e.Address)
	if err != nil {
		return r, err
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	writes, cpu, start := writeCalls(), processTime(), time.Now()

	if r.N, err = do(); err != nil {
		return r, err
	}

	r.Wall, r.CPU, r.Writes = time.Since(start), processTime()-cpu, writeCalls()
	if r.Writes >= 0 {
		r.Writes -= writes
	}
	runtime.ReadMemStats(&after)
	r.Mallocs, r.Allocated = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	now, err := askCounts(e.Address)
	r.Server = now.since(server)
	return r, err
}

// processTime is the CPU time of this process so far, the kernel's for it included.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it has no reason to fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// writeCalls is how often this process has called write or its like. Only Linux tells. A connection that is wrapped so as to
// count would not be the one that programs have.
func writeCalls() int64 {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return -1
	}
	_, rest, _ := strings.Cut(string(b), "syscw: ")
	count, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// measureIdle holds connections that have each echoed a message and says what they use.
func measureIdle(s scenario, c client, e effort) (r result, err error) {
	before := inUse()
	held, err := connectAll(s, c, e.Address, e.Conns, s.window)
	if err != nil {
		return r, err
	}
	if err := held.echoOnce(s.job.size); err != nil {
		return r, err
	}
	r = result{N: e.Conns, Memory: inUse() - before}
	runtime.KeepAlive(held)
	return r, nil
}

// inUse is the memory of heap and stacks, when nothing more can be collected. That takes several collections: pools keep what
// they have for one, and each makes a stack half as large at most.
func inUse() uint64 {
	var m runtime.MemStats
	for range 6 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// measureSetup makes connections and keeps them, so that closing is no part of it.
func measureSetup(s scenario, c client, e effort) (r result, err error) {
	if _, err := connectAll(s, c, e.Address, s.window, s.window); err != nil {
		return r, err
	}
	return metered(e, func() (int, error) {
		held, err := connectAll(s, c, e.Address, e.Setups, s.window)
		runtime.KeepAlive(held)
		return e.Setups, err
	})
}

// connections are held at the same time.
type connections struct {
	conns    []conn
	messages chan int // the sizes of those received
	failed   chan error
}

// connectAll makes n connections, some of them at a time.
func connectAll(s scenario, c client, address string, n, atATime int) (*connections, error) {
	held := &connections{conns: make([]conn, n), messages: make(chan int, n), failed: make(chan error, 2*n)}
	to := sink{message: func(p []byte) { held.messages <- len(p) }, ended: func(err error) { held.failed <- err }}
	var group sync.WaitGroup
	for first := range atATime {
		group.Go(func() {
			for i := first; i < n; i += atATime {
				var err error
				if held.conns[i], err = c.dial(address, s.job, to); err != nil {
					held.failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	select {
	case err := <-held.failed:
		return nil, err
	default:
		return held, nil
	}
}

// echoOnce has each connection used once.
func (held *connections) echoOnce(size int) error {
	for _, c := range held.conns {
		if err := c.Send(make([]byte, size)); err != nil {
			return err
		}
		select {
		case n := <-held.messages:
			if n != size {
				return errors.New("got a message of another size")
			}
		case err := <-held.failed:
			return err
		}
	}
	return nil
}
