//go:build !js

package native

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"sync"

	"github.com/klauspost/compress/flate"
)

// offersDeflate says that this build can compress.
const offersDeflate = true

// thresholds are the fewest bytes that are compressed, unless the program says. With a context that was taken over short
// messages gain more.
const (
	pooledThreshold   = 512
	takeoverThreshold = 128
)

// deflater is a packer. By default each message is compressed on its own, by a compressor of a pool, so that a connection has
// none while it sends nothing.
type deflater struct {
	bits      int
	takeover  bool // the context of the messages before is kept
	threshold int
	at        *compressor // kept, or lent until done
}

func newPacker(t terms, c Compression, threshold int) packer {
	d := &deflater{bits: t.clientBits, takeover: c == compressionTakeover && !t.clientForgets, threshold: threshold}
	switch {
	case threshold != 0:
	case d.takeover:
		d.threshold = takeoverThreshold
	default:
		d.threshold = pooledThreshold
	}
	return d
}

// compressor is a flate writer with what it wrote.
type compressor struct {
	flate *flate.Writer
	out   []byte
}

// Write collects what the flate writer writes.
func (c *compressor) Write(p []byte) (int, error) {
	c.out = append(c.out, p...)
	return len(p), nil
}

// compressors are pools, by the bits of the window.
var compressors [16]sync.Pool

func newCompressor(bits int) *compressor {
	if c, ok := compressors[bits].Get().(*compressor); ok {
		c.flate.Reset(c)
		return c
	}
	c := new(compressor)
	var err error
	if bits == 15 {
		c.flate, err = flate.NewWriter(c, flate.BestSpeed)
	} else {
		c.flate, err = flate.NewWriterWindow(c, 1<<bits)
	}
	if err != nil {
		panic(err) // the level and the sizes are legal
	}
	return c
}

// release returns the compressor to its pool, but not with the memory of a large message.
func (c *compressor) release(bits int) {
	if cap(c.out) > 1<<20 {
		c.out = nil
	}
	compressors[bits].Put(c)
}

func (d *deflater) worth(n int) bool { return n >= d.threshold }

func (d *deflater) pack(p []byte) (packed []byte, ok bool) {
	if d.at == nil {
		d.at = newCompressor(d.bits)
	}
	d.at.out = d.at.out[:0]
	d.at.flate.Write(p) // the compressor takes all
	d.at.flate.Flush()
	packed = bytes.TrimSuffix(d.at.out, flushEnd) // RFC 7692 7.2.1
	// What came out larger goes as it is, unless the context that the peer shares has it already.
	return packed, d.takeover || len(packed) < len(p)
}

func (d *deflater) done() {
	if !d.takeover {
		d.drop()
	}
}

func (d *deflater) drop() {
	if d.at != nil {
		d.at.release(d.bits)
		d.at = nil
	}
}

var (
	flushEnd = []byte{0x00, 0x00, 0xff, 0xff}       // RFC 7692 7.2.2: put back behind what was received
	lastOne  = []byte{0x01, 0x00, 0x00, 0xff, 0xff} // an empty final block: the decompressor's end
)

// inflater is an unpacker. The decompressors are shared by all connections; a connection has the window of the messages before,
// if the peer's context is taken over.
type inflater struct {
	forgets bool
	window  []byte // the last bytes that came out, at most twice size
	size    int
}

func newUnpacker(t terms) unpacker {
	return &inflater{forgets: t.serverForgets, size: 1 << t.serverBits}
}

// decompressor is a flate reader with its memory.
type decompressor struct {
	flate interface {
		io.Reader
		flate.Resetter
	}
	in     bytes.Reader
	packed []byte
	out    []byte // what comes out of a message that fits
}

const (
	mostOut    = 32 << 10
	mostFinals = 1000 // in one message, since each costs a copy of the window
)

var decompressors = sync.Pool{New: func() any {
	d := &decompressor{out: make([]byte, 0, mostOut)}
	d.flate = flate.NewReader(&d.in).(interface {
		io.Reader
		flate.Resetter
	})
	return d
}}

// release returns the decompressor to the pool, but not with the memory of a large message.
func (d *decompressor) release() {
	d.in.Reset(nil)
	if cap(d.packed) > mostOut {
		d.packed = nil
	}
	decompressors.Put(d)
}

func (f *inflater) unpack(packed []byte, limit int64, text bool) ([]byte, *ProtocolError) {
	if len(packed) == 0 { // not RFC 7692 7.2.3.6, but what zlib makes of an empty message right behind another
		return []byte{}, nil
	}
	d := decompressors.Get().(*decompressor)
	defer d.release()
	d.packed = append(append(append(d.packed[:0], packed...), flushEnd...), lastOne...)
	d.in.Reset(d.packed)
	d.flate.Reset(&d.in, f.context(nil))

	var check utf8Stream
	finals := 0
	b := d.out
	for {
		if len(b) == cap(b) {
			b = slices.Grow(b, min(cap(b), 16<<20)) // twice the size, and not too far beyond
		}
		n, err := d.flate.Read(b[len(b):cap(b)])
		came := b[len(b) : len(b)+n]
		b = b[:len(b)+n]
		switch {
		case limit >= 0 && int64(len(b)) > limit:
			return nil, tooLong(limit)
		case text && !check.feed(came):
			return nil, invalidText("a compressed text message")
		case err == io.EOF && d.in.Len() == 0:
			if text && !check.done() {
				return nil, invalidText("a compressed text message, which ends inside a character")
			}
			f.remember(b)
			if cap(b) == cap(d.out) {
				b = append(make([]byte, 0, len(b)), b...)
			}
			return b, nil
		case err == io.EOF && finals < mostFinals: // RFC 7692 7.2.3.4: a final block inside the message
			finals++
			d.flate.Reset(&d.in, f.context(b))
		case err == io.EOF:
			return nil, &ProtocolError{Code: 1007, Problem: "got a compressed message of more than " + strconv.Itoa(mostFinals) + " final blocks"}
		case err != nil:
			return nil, &ProtocolError{Code: 1007, Problem: "got a compressed message that is no DEFLATE data: " + err.Error()}
		}
	}
}

// context returns what can be referred to: the window and what came out of the same message since.
func (f *inflater) context(b []byte) []byte {
	b = b[max(0, len(b)-f.size):]
	if len(b) == 0 {
		return f.window[max(0, len(f.window)-f.size):]
	}
	before := f.window[max(0, len(f.window)-(f.size-len(b))):]
	return append(append(make([]byte, 0, f.size), before...), b...)
}

// remember adds to the window what came out.
func (f *inflater) remember(b []byte) {
	if f.forgets {
		return
	}
	b = b[max(0, len(b)-f.size):]
	if len(f.window)+len(b) > 2*f.size {
		f.window = append(f.window[:0], f.window[len(f.window)-(f.size-len(b)):]...)
	}
	if n := len(f.window) + len(b); n > cap(f.window) {
		f.window = append(make([]byte, 0, min(2*n, 2*f.size)), f.window...)
	}
	f.window = append(f.window, b...)
}
