package native

// reading is the state of the reading goroutine. Another can become it: see watch.
type reading struct {
	parser   parser
	buf      []byte // what was read
	used     int    // how much of it was parsed; messages that are lent lie there until the next read
	full     bool   // the last read filled buf
	lease    lease  // of buf; none if it is not a pool's
	discards bool   // nothing that comes is of interest any more
}

// read reads what there is, parses all of it and delivers it, until the stream ends.
func (c *connection) read() {
	for {
		err := c.fill()
		c.parse()
		if !c.deliver() {
			return // another goroutine reads now, and will see err again
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

// fill reads once: into the message under way if much of it is missing, else into the buffer.
func (c *connection) fill() error {
	c.buf, c.used = c.buf[:copy(c.buf, c.buf[c.used:])], 0
	c.parser.reclaim()
	if len(c.buf) == 0 && !c.discards {
		if space := c.parser.space(mostBuffer); space != nil {
			n, err := c.carrier.Read(space)
			c.heard(n)
			c.refuse(c.parser.filled(n))
			return err
		}
	}
	var n int
	var err error
	if c.readReady != nil {
		n, err = c.readReady(c)
	} else {
		n, err = c.carrier.Read(c.room())
	}
	c.heard(n)
	c.buf = c.buf[:len(c.buf)+n]
	return err
}

// room returns where the next read goes: behind what is in the buffer, which becomes larger when the last read filled it.
func (c *connection) room() []byte {
	switch {
	case c.lease.memory == nil:
		c.buf = append(c.lease.take(), c.buf...)
	case c.full:
		c.buf = c.lease.grow(c.buf)
	}
	c.full = false
	return c.buf[len(c.buf):cap(c.buf)]
}

// idle gives the buffer back while there is nothing to read, unless the beginning of a header is in it.
func (c *connection) idle() {
	if len(c.buf) == 0 {
		c.buf = nil
		c.lease.give()
	}
}

// parse parses what was read, but for the beginning of a header.
func (c *connection) parse() {
	c.full = len(c.buf) == cap(c.buf)
	c.used = len(c.buf)
	if !c.discards {
		used, err := c.parser.parse(c.buf)
		c.used = used
		c.refuse(err)
		if err == nil {
			c.parser.split(c.parts.sink != nil && c.parts.wanted.Load())
		}
	}
	if c.parser.close != nil && !c.discards {
		c.verdict(c.parser.close, nil)
	}
}

// refuse notes that the peer broke a rule. Like a Close frame it takes effect behind the messages that came before it.
func (c *connection) refuse(err *ProtocolError) {
	if err != nil {
		c.parser.emit(incoming{kind: gotBreach})
		c.verdict(nil, err)
	}
}

// verdict notes what ends the conversation: nothing that comes after it is of interest.
func (c *connection) verdict(f *closeFrame, breach *ProtocolError) {
	c.discards = true
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peer, c.breach = f, breach
	if c.phase >= shut { // ours has gone out: this is its answer, or crossed it
		c.answer()
	}
}
