package native

var (
	_ Flow     = (*connection)(nil)
	_ PartConn = (*connection)(nil)
)

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
