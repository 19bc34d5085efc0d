package native

import (
	"context"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A host with an IPv6 address that leads nowhere and an IPv4 address that does is reached within the fallback's delay, 300 ms:
// RFC 6555. The time limit is far above that and far below what TCP would take to give up.
func TestHostWhoseFirstAddressLeadsNowhere(t *testing.T) {
	server, _ := startServer(t, "ws", byeServer)
	_, port, _ := net.SplitHostPort(server)
	for _, row := range []struct {
		rule  string
		first func(t *testing.T, port string)
	}{
		{"it refuses", func(*testing.T, string) {}},
		{"it is silent", silentIPv6},
	} {
		t.Run(row.rule, func(t *testing.T) {
			if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
				t.Skip("this system has no IPv6 on loopback:", err)
			} else {
				l.Close()
			}
			row.first(t, port)
			answerNames(t, "two.example.", [16]byte{15: 1}, [4]byte{127, 0, 0, 1})
			var addresses []string
			l := dialled(t, "ws://two.example:"+port+"/", Options{NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
				addresses, _ = net.DefaultResolver.LookupHost(ctx, "two.example")
				ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
				defer cancel()
				return new(dialer).dialTCP(ctx, address)
			}}, nil)
			l.wantEnd(byeTrace, nil)
			if got := strings.Join(addresses, " "); got != "::1 127.0.0.1" {
				t.Errorf("got the addresses %s: this tests nothing", got)
			}
		})
	}
}

// silentIPv6 listens on the port of [::1] with a queue that is full, so that Linux answers nothing there.
func silentIPv6(t *testing.T, port string) {
	listener, err := net.Listen("tcp", "[::1]:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	raw, err := listener.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) })
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		conn, err := net.DialTimeout("tcp", listener.Addr().String(), 500*time.Millisecond)
		if err != nil {
			return
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("a full queue still takes connections")
}

// answerNames has this process look names up in a server that knows one, until the test ends.
func answerNames(t *testing.T, name string, v6 [16]byte, v4 [4]byte) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		b := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			if answer := nameAnswer(b[:n], name, v6, v4); answer != nil {
				conn.WriteTo(answer, from)
			}
		}
	})
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		conn.Close()
		serving.Wait()
	})
}

// nameAnswer answers a query: RFC 1035 4.
func nameAnswer(query []byte, name string, v6 [16]byte, v4 [4]byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}
	switch {
	case q.Name.String() != name:
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeAAAA:
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: v6}}}
	case q.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: v4}}}
	}
	answer, _ := m.Pack()
	return answer
}
