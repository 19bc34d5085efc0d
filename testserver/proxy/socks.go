//go:build !js

package proxy

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strconv"
	"syscall"
)

// serveSOCKS serves one connection.
func (p *Proxy) serveSOCKS(conn net.Conn) {
	credentials, ok := p.greet(conn)
	if !ok {
		return
	}
	address, ok := readRequest(conn)
	if !ok {
		return
	}
	p.note(credentials, address)
	if p.Answer != "" {
		io.WriteString(conn, p.Answer)
		hold(conn)
		return
	}
	server, err := p.dial(address)
	if err != nil {
		io.WriteString(conn, reply(codeOf(err)))
		return
	}
	io.WriteString(conn, reply(0))
	p.relay(conn, conn, server)
}

// greet chooses the method: RFC 1928 3, and has the client say who it is: RFC 1929.
func (p *Proxy) greet(conn net.Conn) (credentials string, ok bool) {
	b := make([]byte, 2)
	if io.ReadFull(conn, b); b[0] != 5 {
		return "", false
	}
	methods := make([]byte, b[1])
	io.ReadFull(conn, methods)
	want := byte(0)
	if p.User != "" {
		want = 2
	}
	for _, m := range methods {
		switch {
		case m != want:
		case want == 0:
			io.WriteString(conn, "\x05\x00")
			return "", true
		default:
			io.WriteString(conn, "\x05\x02")
			return p.identify(conn)
		}
	}
	io.WriteString(conn, "\x05\xff")
	return "", false
}

func (p *Proxy) identify(conn net.Conn) (credentials string, ok bool) {
	version := make([]byte, 1)
	if io.ReadFull(conn, version); version[0] != 1 {
		return "", false
	}
	credentials = counted(conn) + ":" + counted(conn)
	if credentials != p.User+":"+p.Password {
		io.WriteString(conn, "\x01\x01")
		return credentials, false
	}
	io.WriteString(conn, "\x01\x00")
	return credentials, true
}

// counted reads a string behind the byte that is its length.
func counted(r io.Reader) string {
	b := make([]byte, 1)
	io.ReadFull(r, b)
	s := make([]byte, b[0])
	io.ReadFull(r, s)
	return string(s)
}

// readRequest reads RFC 1928 4, of which it takes CONNECT alone.
func readRequest(conn net.Conn) (address string, ok bool) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(conn, head); err != nil || head[0] != 5 || head[1] != 1 {
		return "", false
	}
	host := ""
	switch head[3] {
	case 1, 4:
		ip := make(net.IP, map[byte]int{1: 4, 4: 16}[head[3]])
		io.ReadFull(conn, ip)
		host = ip.String()
	case 3:
		host = counted(conn)
	}
	port := make([]byte, 2)
	if _, err := io.ReadFull(conn, port); err != nil {
		return "", false
	}
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port)))), true
}

// reply is RFC 1928 6, with an address that says nothing.
func reply(code byte) string {
	return "\x05" + string([]byte{code}) + "\x00\x01\x00\x00\x00\x00\x00\x00"
}

func codeOf(err error) byte {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return 5
	}
	return 4 // host unreachable
}
