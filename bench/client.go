//go:build unix

package main

import (
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// A client is one way of using one library.
type client struct {
	name  string
	idiom idiom
	how   string // for the reader of the results
	dial  dialFunc
}

// A dialFunc connects and has the sink called from then on: by a goroutine that it starts, or by the library's own.
type dialFunc func(address string, j job, s sink) (conn, error)

// A sink is told what comes, one call at a time.
type sink struct {
	message func(p []byte) // p is the caller's again when it returns
	ended   func(error)    // once and last
}

// A conn is an open connection.
type conn interface {
	// Send sends a binary message. It is called by one goroutine at a time, which may be the one that delivers.
	Send(message []byte) error
	// Room waits until more may be sent, where Send itself does not.
	Room() error
	// Flush has what was sent leave, where it is gathered. In the callback there is no need: see gathering.
	Flush() error
	Close() error
}

type idiom string

const (
	floor     idiom = "floor"     // no WebSocket at all
	coalesced idiom = "coalesced" // the program itself gathers what it sends, and has to flush
	fresh     idiom = "fresh"     // each message has memory of its own, which the program may keep
	borrowed  idiom = "borrowed"  // a message's memory is used again for the next
)

// clients are all that is compared. Tables have their columns in this order.
var clients = []client{
	{"raw", floor, "TCP, 4 bytes of length, one write for each message, a reused read buffer", dialRaw},
	{"raw-co", coalesced, "the same, gathering up to 64 KiB, flushed when the input is used up", dialRawCoalesced},
	{"ours", fresh, "OnMessage, Send", dialOurs},
	{"ours", borrowed, "the same with the option BorrowMessages", dialOursBorrowed},
	{"gorilla", fresh, "ReadMessage, WriteMessage, as it comes", dialGorilla},
	{"gorilla", borrowed, "NextReader into a reused buffer, WriteMessage, buffers of 64 KiB", dialGorillaReused},
	{"coder", fresh, "Read, Write", dialCoder},
	{"coder", borrowed, "Reader into a reused buffer, Write", dialCoderReused},
	{"gws", fresh, "ReadLoop, a copy of each message, as it comes", dialGWS},
	{"gws", borrowed, "ReadLoop, each message closed in the callback, a read buffer of 64 KiB", dialGWSReused},
	{"gobwas", fresh, "wsutil.ReadServerData behind a bufio.Reader, wsutil.WriteClientBinary", dialGobwas},
	{"gobwas", borrowed, "a loop by hand: ws.ReadHeaderBuffer and a reused buffer behind a bufio.Reader, ws.Cipher, one write", dialGobwasByHand},
	{"gobwas-co", coalesced, "the same, gathering up to 64 KiB, flushed when the input is used up", dialGobwasCoalesced},
}

// theirs reports whether the client is another WebSocket library, used so that the library alone decides when to write.
func (c client) theirs() bool {
	return c.name != "ours" && (c.idiom == fresh || c.idiom == borrowed)
}

func (c client) String() string { return c.name + "/" + string(c.idiom) }

// find returns the client of that String.
func find(name string) (client, bool) {
	for _, c := range clients {
		if c.String() == name {
			return c, true
		}
	}
	return client{}, false
}

// A job is what the server is asked to do for a connection.
type job struct {
	what    task
	size    int  // of each message
	text    bool // messages are text, where the client is a page
	deflate deflation
	many    bool // one of thousands of connections: memory counts more than speed
}

type task string

const (
	echo    task = "echo"    // send back each message
	receive task = "receive" // for a message that is a number, send so many
	send    task = "send"    // answer messages that begin with lastOfBatch
)

// What a message to a send job begins with.
const (
	ordinary    = 0
	lastOfBatch = 1
)

type deflation string

const (
	plain      deflation = ""
	noTakeover deflation = "no-takeover" // each message compressed by itself
	takeover   deflation = "takeover"    // each message compressed with those before it as its dictionary
)

// path is the job as the server is told it.
func (j job) path() string {
	query := url.Values{"size": {strconv.Itoa(j.size)}}
	if j.deflate != plain {
		query.Set("deflate", string(j.deflate))
	}
	if j.text {
		query.Set("text", "1")
	}
	return "/" + string(j.what) + "?" + query.Encode()
}

// parseJob is the reverse of path.
func parseJob(path string) (job, error) {
	u, err := url.Parse(path)
	if err != nil {
		return job{}, err
	}
	query := u.Query()
	size, err := strconv.Atoi(query.Get("size"))
	return job{what: task(strings.TrimPrefix(u.Path, "/")), size: size, text: query.Has("text"),
		deflate: deflation(query.Get("deflate"))}, err
}

// opcode is that of the messages.
func (j job) opcode() byte {
	if j.text {
		return opText
	}
	return opBinary
}

func (j job) url(address string) string { return "ws://" + address + j.path() }

// cannot is why a client takes no part in a scenario.
type cannot string

func (c cannot) Error() string { return string(c) }

// serve runs the loop that a program writes around a library that has none.
func serve(c interface{ serve() error }, s sink) { s.ended(c.serve()) }

// direct is for conns whose Send waits until the message is with the system.
type direct struct{}

func (direct) Room() error  { return nil }
func (direct) Flush() error { return nil }

// largeBuffer is the size of buffers where a library lets the program choose and speed matters.
const largeBuffer = 64 << 10

// bufferSize is what such a program would choose.
func (j job) bufferSize() int {
	if j.many {
		return 4 << 10
	}
	return largeBuffer
}

// gathering writes what was gathered each time before it reads from the network, which is when the input is used up.
type gathering struct {
	net.Conn

	mu  sync.Mutex // programs send from several goroutines
	out []byte     // guarded by mu
}

func (g *gathering) Read(p []byte) (int, error) {
	if err := g.Flush(); err != nil {
		return 0, err
	}
	return g.Conn.Read(p)
}

func (g *gathering) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.out)+len(p) > largeBuffer {
		if err := g.flush(); err != nil {
			return 0, err
		}
	}
	if len(p) > largeBuffer {
		return g.Conn.Write(p)
	}
	g.out = append(g.out, p...)
	return len(p), nil
}

func (g *gathering) Flush() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.flush()
}

// flush is Flush with mu held.
func (g *gathering) flush() error {
	if len(g.out) == 0 {
		return nil
	}
	_, err := g.Conn.Write(g.out)
	g.out = g.out[:0]
	return err
}

// flush flushes c if it gathers.
func flush(c net.Conn) error {
	if g, ok := c.(*gathering); ok {
		return g.Flush()
	}
	return nil
}

// sized returns a slice of n bytes, of b's memory if it is enough.
func sized(b []byte, n int) []byte {
	if n > cap(b) {
		return make([]byte, n)
	}
	return b[:n]
}

// readAll reads to the end into the memory of b, which it may have to enlarge.
func readAll(b []byte, r io.Reader) ([]byte, error) {
	for b = b[:0]; ; {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}
