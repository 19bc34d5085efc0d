//go:build !js

package peer

import "net"

// wire is TCP under TLS. Through it the peer does what crypto/tls, which keeps
// to the rules, would not do.
type wire struct {
	*net.TCPConn

	left   int    // bytes that may be written before this half of TCP ends; below 0: any number. The writer's
	forged []byte // what Read returns before what the client sent. The reader's
}

func (w *wire) Read(p []byte) (int, error) {
	if len(w.forged) == 0 {
		return w.TCPConn.Read(p)
	}
	n := copy(p, w.forged)
	w.forged = w.forged[n:]
	return n, nil
}

// Write ends TCP inside of p if that is where the end was to be. TLS is not
// told: what it would do about it is not wanted.
func (w *wire) Write(p []byte) (int, error) {
	if w.left < 0 {
		return w.TCPConn.Write(p)
	}
	if w.left > 0 && w.left <= len(p) {
		w.TCPConn.Write(p[:w.left])
		w.CloseWrite()
	} else if w.left > 0 {
		w.TCPConn.Write(p)
	}
	w.left = max(0, w.left-len(p))
	return len(p), nil
}

// forgedRecord is TLS application data that nobody can have encrypted: RFC 8446
// 5.2. Whoever receives it must send the alert bad_record_mac.
var forgedRecord = append([]byte{23, 3, 3, 0, 32}, make([]byte, 32)...)
