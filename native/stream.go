package native

var (
	_ Pinger   = (*connection)(nil)
	_ Flow     = (*connection)(nil)
	_ Taker    = (*connection)(nil)
	_ PartConn = (*connection)(nil)
)

// Take queues a message, and reports whether the connection took it.
func (c *connection) Take(text bool, p []byte) bool {
	op := opBinary
	if text {
		op = opText
	}
	return c.send(op, p)
}

// StepAside has another goroutine become the reader at once, and not only when the watchdog has noticed.
func (c *connection) StepAside() {
	c.mu.Lock()
	if c.turn != reader || c.phase == ended {
		c.mu.Unlock()
		return
	}
	c.handOver()
	c.mu.Unlock()
	go c.read()
}
