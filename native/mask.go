package native

import "math/bits"

// maskCopy copies src to dst, XORed with the key, and returns the key turned for the byte that follows: RFC 6455 5.3. dst and
// src may be the same; a key of 0 copies.
func maskCopy(dst, src []byte, key uint32) uint32 {
	dst = dst[:len(src)]
	k := uint64(key)<<32 | uint64(key)
	i := 0
	for ; i <= len(src)-64 && i <= len(dst)-64; i += 64 {
		d, s := (*[64]byte)(dst[i:i+64]), (*[64]byte)(src[i:i+64])
		store64(d[0:8], load64(s[0:8])^k)
		store64(d[8:16], load64(s[8:16])^k)
		store64(d[16:24], load64(s[16:24])^k)
		store64(d[24:32], load64(s[24:32])^k)
		store64(d[32:40], load64(s[32:40])^k)
		store64(d[40:48], load64(s[40:48])^k)
		store64(d[48:56], load64(s[48:56])^k)
		store64(d[56:64], load64(s[56:64])^k)
	}
	dst, src = dst[i:], src[i:]
	for len(src) >= 8 {
		store64(dst, load64(src)^k)
		dst, src = dst[8:], src[8:]
	}
	for i := range src {
		dst[i] = src[i] ^ byte(key)
		key = bits.RotateLeft32(key, -8)
	}
	return key
}

// The compiler makes one instruction of each of these. encoding/binary would bring reflect into the js build.

func load32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func load64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

func store64(b []byte, v uint64) {
	_ = b[7]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	b[4], b[5], b[6], b[7] = byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56)
}
