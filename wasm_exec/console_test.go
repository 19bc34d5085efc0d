//go:build !js

package main

import (
	"strings"
	"testing"
	"time"
)

func TestConsole(t *testing.T) {
	const at = "http://127.0.0.1:4711/a.wasm:0:12 Uncaught"
	for _, c := range []struct{ name, in, out, dead string }{
		{"plain", "a\nb\n", "a\nb\n", ""},
		{"no newline at the end", "a\nb", "a\nb", ""},
		{"JSON that is no Go string", `"\ud83d\ude00\n\"x\""` + "\n", "😀\n\"x\"\n", ""},
		{"a string that the program printed", `"a\n"` + "\n", `"a\n"` + "\n", ""},
		{"half a string", `"\ud83d` + "\n", `"\ud83d` + "\n", ""},
		{"trap", at + "\nRuntimeError: unreachable\n", at + "\nRuntimeError: unreachable\n", "RuntimeError: unreachable"},
		{"exception of a callback", at + "\nError: x\n", at + "\nError: x\n", ""},
		{"printed by the program", "RuntimeError: unreachable\n", "RuntimeError: unreachable\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			var dead string
			console := &console{w: &out, dead: func(cause string) { dead = cause }}
			for _, b := range []byte(c.in) {
				console.Write([]byte{b})
			}
			console.Flush()
			if out.String() != c.out || dead != c.dead {
				t.Errorf("got %q and death %q, want %q and %q", out.String(), dead, c.out, c.dead)
			}
		})
	}
}

func TestDriverLog(t *testing.T) {
	for _, c := range []struct {
		in, out string
		code    int
	}{
		{"exit with status 3\n", "", 3},
		{"chrome failed to start:\n\n", "chrome failed to start:\n\n", 0},
		{"[wasmbrowsertest]: 2030/01/02 03:04:05 handler.go:92: Error: is a directory\n", "", 0},
		{"[wasmbrowsertest]: 2030/01/02 03:04:05 main.go:9: other\n", "[wasmbrowsertest]: 2030/01/02 03:04:05 main.go:9: other\n", 0},
		{"context canceled\n", "", 0},
		{"cut", "cut", 0},
	} {
		var out strings.Builder
		log := &driverLog{w: &out}
		log.Write([]byte(c.in))
		log.Flush()
		if out.String() != c.out || log.code != c.code {
			t.Errorf("%q: got %q and code %d, want %q and %d", c.in, out.String(), log.code, c.out, c.code)
		}
	}
}

func TestTestTimeout(t *testing.T) {
	for _, c := range []struct {
		args string
		want time.Duration
	}{
		{"a.wasm -test.v=true -test.timeout=1m30s -x", 90 * time.Second},
		{"a.wasm -test.timeout=0s", 0},
		{"a.wasm", 0},
	} {
		if got := testTimeout(strings.Fields(c.args)); got != c.want {
			t.Errorf("%s: got %v, want %v", c.args, got, c.want)
		}
	}
}
