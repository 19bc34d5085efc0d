package native

import "sync"

const (
	firstBuffer = 4 << 10
	mostBuffer  = 64 << 10
)

// readBuffers are pools of what is read into, by size: 4, 16 and 64 KiB. They are shared by all connections, so that one at rest
// needs none where its carrier can tell when there is something to read.
var readBuffers = [...]sync.Pool{bufferPool(firstBuffer), bufferPool(4 * firstBuffer), bufferPool(mostBuffer)}

func bufferPool(size int) sync.Pool {
	return sync.Pool{New: func() any {
		b := make([]byte, 0, size)
		return &b
	}}
}

// memory is what a read asks for a buffer when there is something to read, and tells that there is nothing.
type memory interface {
	room() []byte
	idle()
}

// lease is a buffer of a pool.
type lease struct {
	memory *[]byte // nil: none
	grown  uint8   // index of its pool, and of the next buffer's
}

// take returns an empty buffer.
func (l *lease) take() []byte {
	l.memory = readBuffers[l.grown].Get().(*[]byte)
	return *l.memory
}

// give returns the buffer.
func (l *lease) give() {
	if l.memory != nil {
		readBuffers[l.grown].Put(l.memory)
		l.memory = nil
	}
}

// grow returns a larger buffer with what is in b.
func (l *lease) grow(b []byte) []byte {
	if int(l.grown) == len(readBuffers)-1 {
		return b
	}
	old := *l
	l.grown++
	b = append(l.take(), b...)
	old.give()
	return b
}
