//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
)

// A size is that of the smallest program that uses a library, compiled to WebAssembly.
type size struct {
	name string
	raw  int
	gzip int
	br   int // 0 if it was not measured
}

// measureSizes compiles the smallest programs.
func measureSizes(p browserPlan) ([]size, error) {
	type source struct{ name, dir, pkg string }
	sources := []source{
		{"syscall/js alone", ".", "./browser/smallest/empty"},
		{"ours", "..", "./testdata/smallest"},
		{"coder", ".", "./browser/smallest/coder"},
	}
	for _, t := range p.trees {
		sources = append(sources, source{t.name, t.dir, "./testdata/smallest"})
	}
	sizes := make([]size, len(sources))
	var group sync.WaitGroup
	defer group.Wait()
	for i, s := range sources {
		wasm, err := compile(s.dir, s.pkg)
		if err != nil {
			return nil, err
		}
		group.Go(func() { sizes[i] = sizeOf(s.name, wasm, p.brotli) })
	}
	group.Wait()
	return sizes, nil
}

func sizeOf(name string, wasm []byte, withBrotli bool) size {
	s := size{name: name, raw: len(wasm)}
	var b bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one that there is
	s.gzip = lengthOf(&b, zip, wasm)
	if withBrotli {
		s.br = lengthOf(&b, brotli.NewWriterLevel(&b, brotli.BestCompression), wasm)
	}
	return s
}

// lengthOf is how long content is, written to b by w. Neither fails.
func lengthOf(b *bytes.Buffer, w io.WriteCloser, content []byte) int {
	b.Reset()
	w.Write(content)
	w.Close()
	return b.Len()
}
