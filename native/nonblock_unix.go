//go:build unix

package native

import (
	"io"
	"net"
	"os"
	"syscall"
)

// nonBlocking returns a func that writes what the system takes without waiting. It must not run beside another write, whose
// lock would have it wait after all.
func nonBlocking(conn *net.TCPConn) func([]byte) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	w := &nonBlockingWriter{conn: conn, raw: raw}
	w.once = w.write
	return w.Write
}

// inOp gives a system's error the form that package net gives it.
func inOp(op string, conn *net.TCPConn, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: conn.LocalAddr(), Addr: conn.RemoteAddr(), Err: os.NewSyscallError(op, err)}
}

type nonBlockingWriter struct {
	conn *net.TCPConn
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
			w.err = inOp("write", w.conn, err)
			return true
		}
		w.n += n
	}
	return true
}

// whenReady returns a func that reads once, into memory that it asks for only when there is something to read.
func whenReady(conn *net.TCPConn) func(memory) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	r := &readyReader{conn: conn, raw: raw}
	r.once = r.read
	return r.Read
}

type readyReader struct {
	conn *net.TCPConn
	raw  syscall.RawConn
	once func(fd uintptr) (done bool) // r.read, made once

	into memory
	n    int
	err  error
}

func (r *readyReader) Read(into memory) (int, error) {
	r.into, r.n, r.err = into, 0, nil
	if err := r.raw.Read(r.once); err != nil {
		return 0, err
	}
	return r.n, r.err
}

func (r *readyReader) read(fd uintptr) (done bool) {
	for {
		n, err := syscall.Read(int(fd), r.into.room())
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			r.into.idle()
			return false
		case err != nil:
			r.err = inOp("read", r.conn, err)
		case n == 0:
			r.err = io.EOF
		default:
			r.n = n
		}
		return true
	}
}
