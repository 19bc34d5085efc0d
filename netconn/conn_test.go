package netconn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/netconn"
)

func server() string { return os.Getenv("TESTSERVER_WS") }

func dial(t *testing.T, path string) *netconn.Conn {
	t.Helper()
	c, err := netconn.Dial(t.Context(), server()+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { awaitEnd(c) })
	return c
}

// awaitEnd closes a connection and waits until nothing of it is left.
func awaitEnd(c *netconn.Conn) {
	c.Close()
	c.Stream().Closed(context.Background())
}

func TestConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		path := fmt.Sprint("/pair?with=", rand.Uint64())
		a, err := netconn.Dial(t.Context(), server()+path)
		if err != nil {
			return nil, nil, nil, err
		}
		b, err := netconn.Dial(t.Context(), server()+path)
		if err != nil {
			return nil, nil, nil, errors.Join(err, a.Close())
		}
		return a, b, func() {
			awaitEnd(a)
			awaitEnd(b)
		}, nil
	})
}

func TestReadTakesMessagesAsOneStream(t *testing.T) {
	c := dial(t, "/send?text=h%C3%A9&text=&binary=6C6C&text=o&close=1000")
	got := make([]byte, 0, 16)
	for {
		n, err := c.Read(got[len(got) : len(got)+1]) // byte by byte
		got = got[:len(got)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if string(got) != "héllo" {
		t.Errorf("got %q", got)
	}
}

func TestEachWriteIsAMessage(t *testing.T) {
	id := fmt.Sprint(rand.Uint64())
	c := dial(t, "/echo?id="+id)
	for _, p := range []string{"one", "", "three"} {
		if n, err := c.Write([]byte(p)); n != len(p) || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
	}
	if _, err := io.ReadFull(c, make([]byte, len("onethree"))); err != nil {
		t.Error(err)
	}
	awaitEnd(c)
	record := dial(t, "/recorded?id="+id)
	got, err := io.ReadAll(record)
	if want := "request binary:6f6e65 binary:7468726565 close:1000: "; !strings.HasPrefix(strings.ReplaceAll(string(got), "\n", " "), want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// How the other side ends is what Read says behind the last byte.
func TestEnds(t *testing.T) {
	for _, row := range []struct {
		end  string
		code uint16 // 0: io.EOF
	}{
		{"/send?text=x&close=1000", 0},
		{"/send?text=x&close=1001", 0},
		{"/close", 0},
		{"/send?text=x&close=1011&reason=why", 1011},
		{"/send?text=x&close=4000", 4000},
		{"/raw?do=text:x&do=end", 1006},
	} {
		c := dial(t, row.end)
		_, err := io.Copy(io.Discard, c)
		var end *websocket.WebSocketError
		if row.code == 0 && err != nil || row.code != 0 && (!errors.As(err, &end) || end.CloseCode != row.code) {
			t.Errorf("%s: got %v, want the code %d", row.end, err, row.code)
		}
		var op *net.OpError
		if err != nil && (!errors.As(err, &op) || op.Op != "read" || op.Timeout()) {
			t.Errorf("%s: got %#v, want a *net.OpError of read", row.end, err)
		}
		if _, err := c.Write([]byte("x")); err == nil {
			t.Errorf("%s: written after the end", row.end)
		}
	}
}

func TestClosedConn(t *testing.T) {
	c := dial(t, "/echo")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	_, read := c.Read(make([]byte, 1))
	_, write := c.Write([]byte("x"))
	for op, err := range map[string]error{"read": read, "write": write, "close": c.Close(), "set": c.SetDeadline(time.Now())} {
		if !errors.Is(err, net.ErrClosed) || !strings.HasPrefix(err.Error(), op+" websocket") {
			t.Errorf("%s: got %v, want net.ErrClosed", op, err)
		}
	}
}

// What a deadline cut short has taken nothing.
func TestDeadlineLosesNothing(t *testing.T) {
	c := dial(t, "/echo")
	p := make([]byte, 3)
	c.SetReadDeadline(time.Unix(1, 0))
	if _, err := c.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) || !err.(net.Error).Timeout() {
		t.Errorf("got %v", err)
	}
	c.SetWriteDeadline(time.Unix(1, 0))
	if n, err := c.Write([]byte("not")); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %d, %v", n, err)
	}
	c.SetDeadline(time.Time{})
	c.Write([]byte("yes"))
	if _, err := io.ReadFull(c, p); string(p) != "yes" || err != nil {
		t.Errorf("got %q, %v", p, err)
	}
}

// A deadline that is moved ends neither the call that waits nor the next.
func TestDeadlineMoves(t *testing.T) {
	c := dial(t, "/echo")
	c.SetReadDeadline(time.Now().Add(time.Hour))
	read := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		read <- err
	}()
	c.SetReadDeadline(time.Now().Add(2 * time.Hour))
	c.Write([]byte("x"))
	if err := <-read; err != nil {
		t.Error(err)
	}
	go func() {
		_, err := c.Read(make([]byte, 1))
		read <- err
	}()
	c.SetReadDeadline(time.Now())
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// A peer that does not read holds Write back, which a deadline ends.
func TestWriteIsHeldBack(t *testing.T) {
	const most = 64 << 20 // that buffers along the way have room for
	path := fmt.Sprint("/pair?with=", rand.Uint64())
	c := dial(t, path)
	c.SetWriteDeadline(time.Now().Add(time.Second))
	written, err := 0, error(nil)
	for p := make([]byte, 64<<10); err == nil && written < most; {
		var n int
		n, err = c.Write(p)
		written += n
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v after %d bytes", err, written)
	}
	c.Close()
	n, err := io.Copy(io.Discard, dial(t, path)) // now somebody reads
	if int(n) != written || err != nil {
		t.Errorf("got %d bytes, %v, want %d", n, err, written)
	}
}

func TestAddresses(t *testing.T) {
	c := dial(t, "/echo")
	if a := c.RemoteAddr(); a.Network() != "websocket" || a.String() != server()+"/echo" {
		t.Errorf("got %v", a)
	}
	if a := c.LocalAddr(); a.Network() != "websocket" {
		t.Errorf("got %v", a)
	}
}

func TestDialFails(t *testing.T) {
	_, err := netconn.Dial(t.Context(), os.Getenv("TESTSERVER_CLOSED"))
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" || op.Net != "websocket" {
		t.Errorf("got %v, want a *net.OpError of dial", err)
	}
	var failed *websocket.WebSocketError
	if !errors.As(err, &failed) {
		t.Errorf("got %v, want a *WebSocketError in it", err)
	}
}

func TestConnOfNothing(t *testing.T) {
	for _, c := range []*netconn.Conn{new(netconn.Conn), netconn.New(nil), netconn.New(new(websocket.WebSocketStream))} {
		_, read := c.Read(make([]byte, 1))
		_, write := c.Write([]byte("x"))
		for _, err := range []error{read, write, c.Close()} {
			if !errors.Is(err, websocket.ErrInvalidState) {
				t.Errorf("got %v, want ErrInvalidState", err)
			}
		}
		if c.RemoteAddr().String() != "" || c.SetDeadline(time.Time{}) == nil {
			t.Error("it is open")
		}
	}
}
