//go:build unix

package main

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// startServer starts a server for a test.
func startServer(t *testing.T, coalesce bool) (address string) {
	t.Helper()
	s, err := newServer(coalesce)
	if err != nil {
		t.Fatal(err)
	}
	go s.serve()
	t.Cleanup(func() { s.listener.Close() })
	return s.address()
}

// What comes back must be what was sent, byte for byte: a load looks at lengths only.
func TestEachClientEchoes(t *testing.T) {
	address := startServer(t, true)
	for _, c := range clients {
		t.Run(c.String(), func(t *testing.T) {
			for _, size := range []int{1, 16, 125, 126, kilo, 64 * kilo, mega} {
				testEcho(t, address, c, job{what: echo, size: size}, texts(3, size))
			}
			testEcho(t, address, c, job{what: echo, size: kilo, deflate: noTakeover}, texts(100, kilo))
			testEcho(t, address, c, job{what: echo, size: kilo, deflate: takeover}, texts(100, kilo))
		})
	}
}

func testEcho(t *testing.T, address string, c client, j job, messages [][]byte) {
	t.Helper()
	got := make(chan []byte, 1)
	conn, err := c.dial(address, j, sink{func(p []byte) { got <- bytes.Clone(p) }, func(err error) { close(got) }})
	if why := cannot(""); errors.As(err, &why) {
		t.Logf("takes no part in %+v: %v", j, why)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i, m := range messages {
		if err := errors.Join(conn.Send(m), conn.Flush()); err != nil {
			t.Fatal(err)
		}
		if p := <-got; !bytes.Equal(p, m) {
			t.Fatalf("%+v: message %d came back otherwise: got %.20q… (%d bytes), want %.20q…", j, i, p, len(p), m)
		}
	}
}

// small is a scenario with few messages in a batch.
func small(s scenario) scenario {
	s.batch = min(s.batch, 12)
	s.window = min(s.window, 5)
	return s
}

func TestEachClientDoesEachScenario(t *testing.T) {
	for _, coalesce := range []bool{true, false} {
		e := effort{Address: startServer(t, coalesce), Time: time.Nanosecond, Conns: 5, Setups: 5}
		for _, s := range scenarios {
			for _, c := range clients {
				if s.has(c) {
					testScenario(t, small(s), c, e)
				}
			}
		}
	}
}

func testScenario(t *testing.T, s scenario, c client, e effort) {
	t.Helper()
	r, err := s.measure(s, c, e)
	if why := cannot(""); errors.As(err, &why) {
		return
	}
	if err != nil {
		t.Fatalf("%s, %v: %v", s.name, c, err)
	}
	if r.N < 5 || s.batch > 0 && r.N < s.batch {
		t.Errorf("%s, %v: got %d messages or connections", s.name, c, r.N)
	}
	if asked := int64(r.N / max(s.batch, 1)); s.batch > 0 && s.job.what == receive && r.Server.Messages != asked {
		t.Errorf("%s, %v: the server saw %d messages, want %d", s.name, c, r.Server.Messages, asked)
	}
	if s.batch > 0 && s.job.what != receive && r.Server.Messages != int64(r.N) {
		t.Errorf("%s, %v: the server saw %d messages, want %d", s.name, c, r.Server.Messages, r.N)
	}
}
