package native

const (
	firstBuffer = 4 << 10
	mostBuffer  = 64 << 10
)

// reading is the state of the reading goroutine. Another can become it: see watch.
type reading struct {
	parser   parser
	buf      []byte // read and not yet parsed
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
	if space := c.parser.space(mostBuffer); space != nil && len(c.buf) == 0 && !c.discards {
		n, err := c.carrier.Read(space)
		c.refuse(c.parser.filled(n))
		return err
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

// parse parses what was read and keeps the beginning of a header.
func (c *connection) parse() {
	c.full = len(c.buf) == cap(c.buf)
	used := len(c.buf)
	if !c.discards {
		var err *ProtocolError
		used, err = c.parser.parse(c.buf)
		c.refuse(err)
	}
	c.buf = c.buf[:copy(c.buf, c.buf[used:])]
	if f := c.parser.close; f != nil && !c.discards {
		c.discards = true
		c.peerCloses(f)
	}
}

// refuse fails the connection if the peer broke a rule.
func (c *connection) refuse(err *ProtocolError) {
	if err != nil {
		c.discards = true
		c.failProtocol(err)
	}
}
