//go:build !js

package websocket_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var recordSize = flag.Bool("record", false, "record the sizes that TestSize finds")

// size is that of a program for a browser, in bytes.
type size struct{ raw, gzip int }

// TestSize compares the smallest program that uses the event API with what is recorded of it. A new figure is recorded by
// go test -run TestSize . -record, and is worth a word in the commit.
func TestSize(t *testing.T) {
	file := filepath.Join("testdata", "smallest", "size.txt")
	version := minor(runtime.Version())
	now := measure(t, "./testdata/smallest")
	if *recordSize {
		line := fmt.Sprintf("%s %d %d\n", version, now.raw, now.gzip)
		if err := os.WriteFile(file, []byte(line), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var of string
	var then size
	if _, err := fmt.Sscan(string(text), &of, &then.raw, &then.gzip); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d with gzip", now.raw, now.gzip)
	if of != version {
		t.Skipf("%s has other sizes than %s, for which they are recorded", version, of)
	}
	for _, c := range []struct {
		what      string
		now, then int
	}{{"", now.raw, then.raw}, {" with gzip", now.gzip, then.gzip}} {
		if 20*c.now > 21*c.then || 20*c.now < 19*c.then {
			t.Errorf("got %d bytes%s, want no more than 5 %% from the %d that are recorded", c.now, c.what, c.then)
		}
	}
}

// minor is a version of Go without its patch: go1.26.
func minor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

func measure(t *testing.T, pkg string) size {
	t.Helper()
	out := filepath.Join(t.TempDir(), "program.wasm")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if message, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, message)
	}
	program, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return size{len(program), packed.Len()}
}
