//go:build unix

package native

import "syscall"

// nonBlocking returns a func that writes what the system takes without waiting. It must not run beside another write, whose
// lock would have it wait after all.
func nonBlocking(conn syscall.Conn) func([]byte) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	w := &nonBlockingWriter{raw: raw}
	w.once = w.write
	return w.Write
}

type nonBlockingWriter struct {
	raw  syscall.RawConn
	once func(fd uintptr) (done bool) // w.write, made once

	b   []byte
	n   int
	err error
}

// Write returns fewer bytes than b has, and no error, where the system takes no more.
func (w *nonBlockingWriter) Write(b []byte) (int, error) {
	w.b, w.n, w.err = b, 0, nil
	if err := w.raw.Write(w.once); err != nil {
		return 0, err
	}
	w.b = nil
	return w.n, w.err
}

func (w *nonBlockingWriter) write(fd uintptr) (done bool) {
	for w.n < len(w.b) {
		n, err := syscall.Write(int(fd), w.b[w.n:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			w.err = err
			return true
		}
		w.n += n
	}
	return true
}
