package native

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// echo is a server over any stream: it accepts the handshake, sends every message back and answers Close.
func echo(conn io.ReadWriteCloser) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	request := ""
	for !strings.HasSuffix(request, "\r\n\r\n") {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		request += line
	}
	out := make(chan string, 1000) // so that it reads on while the client does not
	var writer sync.WaitGroup
	writer.Go(func() {
		w := bufio.NewWriter(conn)
		for s := range out {
			w.WriteString(s)
			if len(out) == 0 && w.Flush() != nil {
				break
			}
		}
		for range out { // nobody takes it any more
		}
	})
	defer writer.Wait()
	defer close(out)
	out <- acceptance(request)
	for {
		first, payload, err := readFrame(r)
		if err != nil {
			return
		}
		if first&0xF == 0xA {
			continue
		}
		out <- frame(first, payload)
		if len(payload) > 0 && payload[0]%16 == 0 {
			out <- pingFrame("are you there?")
		}
		if first == 0x88 {
			return
		}
	}
}

// readFrame reads a client's frame.
func readFrame(r *bufio.Reader) (first byte, payload string, err error) {
	b := make([]byte, 2)
	if _, err = io.ReadFull(r, b); err != nil {
		return 0, "", err
	}
	b = append(b, make([]byte, map[byte]int{126: 2, 127: 8}[b[1]&127]+4)...)
	if _, err = io.ReadFull(r, b[2:]); err != nil {
		return 0, "", err
	}
	f, _, _ := referenceFrame(string(b), true)
	p := make([]byte, f.length)
	if _, err = io.ReadFull(r, p); err != nil {
		return 0, "", err
	}
	f, _, state := referenceFrame(string(b)+string(p), true)
	if state != wholeFrame {
		return 0, "", errors.New("a bad frame")
	}
	return b[0], f.payload, nil
}

// counter is a sink that counts and wants each sender's messages in order.
type counter struct {
	*testing.T
	opened   chan struct{}
	got      atomic.Int64
	last     map[string]int
	listener func()
	state    string
	failure  error
	ended    chan struct{}
}

func newCounter(t *testing.T) *counter {
	return &counter{T: t, opened: make(chan struct{}), ended: make(chan struct{}), last: map[string]int{}, listener: func() {}}
}

func (c *counter) Opened(string, string) { close(c.opened) }
func (c *counter) Text(s string) {
	head, _, _ := strings.Cut(s, ";")
	sender, number, _ := strings.Cut(head, ":")
	n := 0
	fmt.Sscan(number, &n)
	if n != c.last[sender]+1 {
		c.Errorf("got number %d of %s after %d", n, sender, c.last[sender])
	}
	c.last[sender] = n
	c.got.Add(1)
	c.listener()
}
func (c *counter) Binary(b []byte)        { c.Text(string(b)) }
func (c *counter) Blob(Blob)              { c.Error("got a Blob") }
func (c *counter) Received(time.Duration) {}
func (c *counter) Tracer() Tracer         { return nil }
func (c *counter) Closing()               { c.state += "closing " }
func (c *counter) Closed(code uint16, reason string, clean bool, failure error) {
	c.state += fmt.Sprintf("closed:%d:%s:%t", code, reason, clean)
	c.failure = failure
	close(c.ended)
}

const senders, each = 8, 50

// sendAll sends from many goroutines at once, with sizes from nothing to more than a chunk.
func sendAll(c Conn) {
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for n := 1; n <= each; n++ {
				message := fmt.Sprintf("%d:%d;%s", s, n, strings.Repeat("x", n*n%997))
				if n%25 == 0 {
					message += strings.Repeat("y", largeChunk)
				}
				if n%2 == 0 {
					c.SendText(message)
				} else {
					c.SendBinary([]byte(message))
				}
				c.Buffered()
				if n%10 == 0 {
					c.Wait(nil, 1<<20)
				}
			}
		})
	}
	all.Wait()
}

// carriers make both ends of a stream.
var carriers = map[string]func() (client, server io.ReadWriteCloser){
	"pipe": func() (client, server io.ReadWriteCloser) { return net.Pipe() },
}

func TestManyGoroutinesSend(t *testing.T) {
	for name, pair := range carriers {
		t.Run(name, func(t *testing.T) {
			client, server := pair()
			var peer sync.WaitGroup
			peer.Go(func() { echo(server) })
			sink := newCounter(t)
			c, err := Over(client)("ws://h/", nil, sink)
			if err != nil {
				t.Fatal(err)
			}
			all := make(chan struct{})
			sink.listener = func() {
				if sink.got.Load() == senders*each {
					close(all)
				}
			}
			c.Start()
			<-sink.opened
			sendAll(c)
			<-all
			if err := c.Wait(nil, 0); err != nil || c.Buffered() != 0 {
				t.Errorf("got %v, %d bytes unsent", err, c.Buffered())
			}
			c.Close(1000, "done")
			<-sink.ended
			if sink.state != "closing closed:1000:done:true" || sink.failure != nil {
				t.Errorf("got %s, %v", sink.state, sink.failure)
			}
			peer.Wait()
		})
	}
}

func TestManyGoroutinesSendAndCloseAtAnyTime(t *testing.T) {
	for name, pair := range carriers {
		for _, row := range []struct {
			how  string
			end  func(c Conn, server io.Closer)
			want []string
		}{
			{"Close", func(c Conn, _ io.Closer) { c.Close(1000, "now") }, []string{"closing closed:1000:now:true"}},
			{"Fail", func(c Conn, _ io.Closer) { c.Fail(errCut) }, []string{"closed:1006::false"}},
			{"the server ends", func(_ Conn, server io.Closer) { server.Close() }, []string{"closed:1006::false"}},
			{"Close and Fail", func(c Conn, _ io.Closer) { c.Close(1000, "now"); c.Fail(errCut) },
				[]string{"closed:1006::false", "closing closed:1000:now:false", "closing closed:1000:now:true"}},
		} {
			t.Run(name+" "+row.how, func(t *testing.T) {
				for after := range int64(4) {
					client, server := pair()
					var peer sync.WaitGroup
					peer.Go(func() { echo(server) })
					sink := newCounter(t)
					c, _ := Over(client)("ws://h/", nil, sink)
					var once sync.Once
					var closers sync.WaitGroup
					sink.listener = func() {
						if sink.got.Load() > after*40 {
							once.Do(func() {
								for range 3 {
									closers.Go(func() { row.end(c, server) })
								}
							})
						}
					}
					c.Start()
					<-sink.opened
					sendAll(c)
					<-sink.ended
					closers.Wait()
					peer.Wait()
					if !strings.Contains(strings.Join(row.want, "|"), sink.state) {
						t.Errorf("got %s, want %s", sink.state, row.want)
					}
				}
			})
		}
	}
}
