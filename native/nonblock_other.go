//go:build !unix && !js

package native

import "net"

// nonBlocking returns nil: this system has no such write. The writing goroutine does it all.
func nonBlocking(*net.TCPConn) func([]byte) (int, error) { return nil }

// whenReady returns nil: here the memory waits with the read.
func whenReady(*net.TCPConn) func(memory) (int, error) { return nil }
