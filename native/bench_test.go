package native

import (
	"strconv"
	"testing"
)

// What a message costs without any input or output. Whole connections are compared in a module of their own.

var benchSizes = []int{16, 1 << 10, 64 << 10}

func BenchmarkParse(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			const frames = 32
			o := outbox{}
			for range frames {
				o.data(opBinary, make([]byte, size))
			}
			var wire []byte
			for _, c := range o.chunks {
				wire = append(wire, c.buf...)
			}
			p := parser{limit: -1}
			b.SetBytes(int64(len(wire)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.parse(wire); err != nil {
					b.Fatal(err)
				}
				p.takeOut().release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*frames), "ns/message")
		})
	}
}

func BenchmarkFrame(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			o := outbox{masked: true}
			p := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				o.data(opBinary, p)
				if len(o.chunks) > 1 {
					for _, c := range o.take(nil) {
						c.release()
					}
				}
			}
		})
	}
}
