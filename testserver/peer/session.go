//go:build !js

package peer

import (
	"bufio"
	"slices"
	"time"
)

// lastHold is the time for the client to end the connection after a script
// that has not done so itself.
const lastHold = 10 * time.Second

// session is a running script.
type session struct {
	conn *conn

	in        *bufio.Reader
	parser    parser
	collector collector
	closeBody []byte // of the client's Close; nil before it

	head []byte // what is unsent of the handshake's answer

	joining bool
	joined  []byte
	chunk   int // 0: whole
}

func (s *session) run(script []action) error {
	for _, do := range script {
		if err := do(s); err != nil {
			return err
		}
	}
	return s.conn.drain(lastHold)
}

// next waits for a frame and says what it completes.
func (s *session) next() (frame, event, error) {
	s.conn.SetReadDeadline(time.Now().Add(waitLimit))
	for {
		if f, ok := s.parser.next(); ok {
			e, _ := s.collector.add(f)
			if e.opcode == opClose {
				s.closeBody = append([]byte{}, e.payload...)
			}
			return f, e, nil
		}
		if s.parser.err != nil {
			return frame{}, event{}, s.parser.err
		}
		b := make([]byte, 32<<10)
		n, err := s.in.Read(b)
		if err != nil {
			return frame{}, event{}, err
		}
		s.parser.feed(b[:n])
	}
}

// expect skips events until one is right.
func (s *session) expect(right func(event) bool) error {
	for {
		_, e, err := s.next()
		if err != nil || right(e) {
			return err
		}
	}
}

// echo returns the frames of messages as they are, compressed ones too: with
// the same messages in both directions the compression contexts are the same.
func (s *session) echo() error {
	for {
		f, e, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case e.opcode == opClose:
			return s.answer()
		case e.opcode == opPing:
			err = s.write(appendFrame(nil, fin|opPong, f.payload))
		case !f.control():
			err = s.write(appendFrame(nil, f.first, f.payload))
		}
		if err != nil {
			return err
		}
	}
}

// answer waits for Close, if it has not come yet, and answers it.
func (s *session) answer() error {
	if s.closeBody == nil {
		if err := s.expect(func(e event) bool { return e.opcode == opClose }); err != nil {
			return err
		}
	}
	return s.write(appendFrame(nil, fin|opClose, s.closeBody))
}

// sendHead sends n bytes of the handshake's answer, or what is left of it.
func (s *session) sendHead(n int) error {
	b := s.head[:min(n, len(s.head))]
	s.head = s.head[len(b):]
	return s.write(b)
}

func (s *session) mute() error {
	s.conn.waitUnread()
	s.conn.Close()
	return errEnd
}

func (s *session) join() error {
	s.joining = true
	return nil
}

func (s *session) flush() error {
	b := s.joined
	s.joining, s.joined = false, nil
	return s.write(b)
}

func (s *session) zeros(n int) error {
	block := make([]byte, 64<<10)
	for ; n > 0; n -= len(block) {
		if err := s.write(block[:min(n, len(block))]); err != nil {
			return err
		}
	}
	return nil
}

// write sends, or keeps until flush. Each piece is a write of its own, which
// is a TCP segment as far as TCP can promise that: Go sets TCP_NODELAY.
func (s *session) write(b []byte) error {
	if s.joining {
		s.joined = append(s.joined, b...)
		return nil
	}
	s.conn.SetWriteDeadline(time.Now().Add(waitLimit))
	size := max(1, len(b))
	if s.chunk > 0 {
		size = s.chunk
	}
	for piece := range slices.Chunk(b, size) {
		if _, err := s.conn.Write(piece); err != nil {
			return err
		}
	}
	return nil
}
