//go:build !js

package native

import (
	"io"
	"net"
)

func init() { carriers["TCP"] = tcpPair }

func tcpPair() (client, server io.ReadWriteCloser) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		panic(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	return dialled, accepted
}
