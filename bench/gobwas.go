//go:build unix

package main

import (
	"bufio"
	"bytes"
	inflate "compress/flate"
	"context"
	"errors"
	"io"
	"net"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"github.com/gobwas/ws/wsutil"
	"github.com/klauspost/compress/flate"
)

// gobwasConn uses the shortcuts of wsutil.
type gobwasConn struct {
	direct
	conn net.Conn
	rw   io.ReadWriter
	sink sink
}

func dialGobwas(address string, j job, s sink) (conn, error) {
	if j.deflate != plain {
		return nil, cannot("its shortcuts do not compress")
	}
	nc, _, _, err := ws.Dial(context.Background(), j.url(address))
	if err != nil {
		return nil, err
	}
	c := &gobwasConn{conn: nc, rw: readWriter{bufio.NewReader(nc), nc}, sink: s}
	go serve(c, s)
	return c, nil
}

type readWriter struct {
	io.Reader
	io.Writer
}

func (c *gobwasConn) serve() error {
	for {
		p, _, err := wsutil.ReadServerData(c.rw)
		if err != nil {
			return err
		}
		c.sink.message(p)
	}
}

func (c *gobwasConn) Send(p []byte) error { return wsutil.WriteClientBinary(c.conn, p) }

func (c *gobwasConn) Close() error { return c.conn.Close() }

// gobwasByHand uses the parts of ws that a program with a loop of its own would.
type gobwasByHand struct {
	conn    net.Conn
	deflate *gobwasDeflate // nil if messages are not compressed
	sink    sink

	// receiving
	r       *bufio.Reader
	head    [ws.MaxHeaderSize]byte
	message []byte

	// sending
	outHead [ws.MaxHeaderSize]byte
	out     bytes.Buffer // a frame
}

func dialGobwasByHand(address string, j job, s sink) (conn, error) {
	return newGobwasByHand(address, j, s, false)
}

func dialGobwasCoalesced(address string, j job, s sink) (conn, error) {
	return newGobwasByHand(address, j, s, true)
}

func newGobwasByHand(address string, j job, s sink, coalesce bool) (conn, error) {
	c := &gobwasByHand{sink: s}
	d := ws.Dialer{}
	switch j.deflate {
	case noTakeover:
		d.Extensions = []httphead.Option{wsflate.DefaultParameters.Option()}
		c.deflate = newGobwasDeflate()
	case takeover:
		return nil, cannot("its helpers keep no dictionary")
	}
	var err error
	if c.conn, _, _, err = d.Dial(context.Background(), j.url(address)); err != nil {
		return nil, err
	}
	if coalesce {
		c.conn = &gathering{Conn: c.conn}
	}
	c.r = bufio.NewReaderSize(c.conn, j.bufferSize())
	go serve(c, s)
	return c, nil
}

func (c *gobwasByHand) serve() error {
	for {
		h, err := ws.ReadHeaderBuffer(c.r, c.head[:])
		if err != nil {
			return err
		}
		if h.OpCode != ws.OpBinary || !h.Fin {
			return errors.New("gobwas: not a binary message in one frame")
		}
		c.message = sized(c.message, int(h.Length))
		if _, err := io.ReadFull(c.r, c.message); err != nil {
			return err
		}
		p := c.message
		if h.Rsv1() {
			if p, err = c.deflate.inflate(p); err != nil {
				return err
			}
		}
		c.sink.message(p)
	}
}

func (c *gobwasByHand) Send(p []byte) (err error) {
	h := ws.Header{Fin: true, OpCode: ws.OpBinary, Masked: true, Mask: ws.NewMask()}
	if c.deflate != nil {
		if p, err = c.deflate.deflate(p); err != nil {
			return err
		}
		h.Rsv = ws.Rsv(true, false, false)
	}
	h.Length = int64(len(p))
	c.out.Reset()
	if err = ws.WriteHeaderBuffer(&c.out, h, c.outHead[:]); err != nil {
		return err
	}
	at := c.out.Len()
	c.out.Write(p)
	ws.Cipher(c.out.Bytes()[at:], h.Mask, 0)
	_, err = c.conn.Write(c.out.Bytes())
	return err
}

func (c *gobwasByHand) Room() error  { return nil }
func (c *gobwasByHand) Flush() error { return flush(c.conn) }
func (c *gobwasByHand) Close() error { return c.conn.Close() }

// gobwasDeflate keeps a compressor and a decompressor, which wsflate's own helper makes anew for each message. The decompressor
// is the standard library's: behind wsflate's reader, klauspost's finds a byte that is not there.
type gobwasDeflate struct {
	w      *wsflate.Writer
	packed bytes.Buffer
	r      *wsflate.Reader
	from   bytes.Reader
	text   []byte
}

func newGobwasDeflate() *gobwasDeflate {
	d := new(gobwasDeflate)
	d.w = wsflate.NewWriter(&d.packed, func(w io.Writer) wsflate.Compressor {
		c, _ := flate.NewWriter(w, flate.BestSpeed) // fails for other levels only
		return c
	})
	d.r = wsflate.NewReader(&d.from, func(r io.Reader) wsflate.Decompressor {
		return inflater{inflate.NewReader(r)}
	})
	return d
}

// inflater has the Reset that wsflate asks for.
type inflater struct{ io.Reader }

func (i inflater) Reset(r io.Reader) { i.Reader.(inflate.Resetter).Reset(r, nil) }

func (d *gobwasDeflate) deflate(p []byte) ([]byte, error) {
	d.packed.Reset()
	d.w.Reset(&d.packed)
	if _, err := d.w.Write(p); err != nil {
		return nil, err
	}
	err := d.w.Flush()
	return d.packed.Bytes(), err
}

func (d *gobwasDeflate) inflate(p []byte) (text []byte, err error) {
	d.from.Reset(p)
	d.r.Reset(&d.from)
	d.text, err = readAll(d.text, d.r)
	return d.text, err
}
