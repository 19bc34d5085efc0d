//go:build !js

package peer

import "net"

// closedPort is a port where nothing listens and, while it is held, nothing
// can: it is the client's end of a connection of our own. A port that was only
// closed might be given to another program, or to the very client that dials it.
type closedPort struct{ near, far net.Conn }

func newClosedPort() (*closedPort, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return nil, err
	}
	far, err := listener.Accept()
	if err != nil {
		near.Close()
		return nil, err
	}
	return &closedPort{near, far}, nil
}

func (p *closedPort) address() string { return p.near.LocalAddr().String() }

func (p *closedPort) Close() {
	p.near.Close()
	p.far.Close()
}
