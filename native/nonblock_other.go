//go:build !unix && !js

package native

import "syscall"

// nonBlocking returns nil: this system has no such write. The writing goroutine does it all.
func nonBlocking(syscall.Conn) func([]byte) (int, error) { return nil }

// whenReady returns nil: here the memory waits with the read.
func whenReady(syscall.Conn) func(memory) (int, error) { return nil }
