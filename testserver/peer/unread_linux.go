package peer

import (
	"net"
	"syscall"
)

// unreadEnd says how the client ended a connection that nobody reads: "fin",
// "reset", or "" if it did not. Linux knows: the first byte of TCP_INFO is the
// state of the connection.
func unreadEnd(tcp *net.TCPConn) string {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return ""
	}
	var state [4]byte
	raw.Control(func(fd uintptr) {
		state, err = syscall.GetsockoptInet4Addr(int(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO)
	})
	if err != nil {
		return ""
	}
	const closed, closeWait = 7, 8 // net/tcp_states.h
	switch state[0] {
	case closed:
		return "reset"
	case closeWait:
		return "fin"
	}
	return ""
}
