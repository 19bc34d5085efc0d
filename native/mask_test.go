package native

import (
	"bytes"
	"testing"
)

// naiveMask is RFC 6455 5.3 as it stands there.
func naiveMask(b []byte, key uint32) []byte {
	k := []byte{byte(key), byte(key >> 8), byte(key >> 16), byte(key >> 24)}
	masked := make([]byte, len(b))
	for i := range b {
		masked[i] = b[i] ^ k[i%4]
	}
	return masked
}

// pattern makes n bytes, no two neighbours alike.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// keys are one key in its four rotations, and those that a wrong rotation would not show in.
var keys = []uint32{0x11223344, 0x22334411, 0x33441122, 0x44112233, 0, 0xFFFFFFFF, 0x000000FF}

func TestMaskIsTheXOROfTheRFC(t *testing.T) {
	for n := range 101 {
		for offset := range 9 {
			for _, key := range keys {
				src := pattern(n + offset)[offset:]
				want := naiveMask(src, key)
				dst := make([]byte, n+offset+1)
				maskCopy(dst[offset:], src, key)
				if !bytes.Equal(dst[offset:offset+n], want) || dst[offset+n] != 0 {
					t.Fatalf("%d bytes at %d, key %08x: got % x, want % x", n, offset, key, dst[offset:], want)
				}
				maskCopy(src, src, key)
				if !bytes.Equal(src, want) {
					t.Fatalf("%d bytes at %d in place, key %08x: got % x, want % x", n, offset, key, src, want)
				}
			}
		}
	}
}

func TestMaskGoesOnOverAnySplit(t *testing.T) {
	src := pattern(100)
	for _, key := range keys {
		want := naiveMask(src, key)
		for i := range src {
			for j := i; j <= len(src); j += 3 {
				got := make([]byte, len(src))
				k := maskCopy(got, src[:i], key)
				k = maskCopy(got[i:], src[i:j], k)
				k = maskCopy(got[j:], src[j:], k)
				if !bytes.Equal(got, want) {
					t.Fatalf("split at %d and %d, key %08x: got % x, want % x", i, j, key, got, want)
				}
				if k != key { // 100 is a multiple of 4
					t.Fatalf("split at %d and %d: got key %08x, want %08x", i, j, k, key)
				}
			}
		}
	}
}

func TestMaskOfTheRFCsHello(t *testing.T) {
	masked := []byte{0x7f, 0x9f, 0x4d, 0x51, 0x58}
	maskCopy(masked, masked, load32([]byte{0x37, 0xfa, 0x21, 0x3d}))
	if string(masked) != "Hello" {
		t.Errorf("got %q, want Hello", masked)
	}
}
