package native

const (
	firstBuffer = 4 << 10
	mostBuffer  = 64 << 10
)

// reading is the state of the reading goroutine. Another can become it: see watch.
type reading struct {
	parser   parser
	buf      []byte // what was read
	used     int    // how much of it was parsed; messages that are lent lie there until the next read
	full     bool   // the last read filled buf
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
			c.refuse(c.parser.filled(n))
			return err
		}
	}
	c.grow()
	n, err := c.carrier.Read(c.buf[len(c.buf):cap(c.buf)])
	c.buf = c.buf[:len(c.buf)+n]
	return err
}

// grow makes the buffer larger when the last read filled it.
func (c *connection) grow() {
	switch {
	case c.buf == nil:
		c.buf = make([]byte, 0, firstBuffer)
	case c.full && cap(c.buf) < mostBuffer, len(c.buf) == cap(c.buf):
		c.buf = append(make([]byte, 0, max(firstBuffer, min(4*cap(c.buf), mostBuffer))), c.buf...)
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
