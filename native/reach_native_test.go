//go:build !js

package native

// reach returns the largest distance that DEFLATE data refers back to, whatever window its reader has: RFC 1951, read bit by bit.
// The data is right: decoding it is somebody else's test.
func reach(b []byte) (most int) {
	r := bitReader{b: b}
	for final := 0; final == 0; {
		final = r.bits(1)
		switch r.bits(2) {
		case 0:
			r.at = (r.at + 7) &^ 7
			n := r.bits(16)
			r.at += 16 + 8*n
		case 1:
			most = max(most, r.block(fixedLiterals, fixedDistances))
		case 2:
			literals, distances := r.tables()
			most = max(most, r.block(literals, distances))
		}
	}
	return most
}

type bitReader struct {
	b  []byte
	at int // in bits
}

func (r *bitReader) bits(n int) (v int) {
	for i := range n {
		v |= int(r.b[r.at/8]>>(r.at%8)&1) << i
		r.at++
	}
	return v
}

// code is a symbol's Huffman code with a 1 put before it.
type codes map[int]int

// huffman makes the codes of lengths: RFC 1951 3.2.2.
func huffman(lengths []int) codes {
	c := codes{}
	next := 0
	for n := 1; n <= 15; n++ {
		next <<= 1
		for symbol, length := range lengths {
			if length == n {
				c[1<<n|next] = symbol
				next++
			}
		}
	}
	return c
}

func (r *bitReader) symbol(c codes) int {
	for code := 1; ; {
		code = code<<1 | r.bits(1)
		if symbol, found := c[code]; found {
			return symbol
		}
	}
}

func fill(n, length int) (lengths []int) {
	for range n {
		lengths = append(lengths, length)
	}
	return lengths
}

// RFC 1951 3.2.6.
var (
	fixedLiterals  = huffman(append(append(append(fill(144, 8), fill(112, 9)...), fill(24, 7)...), fill(8, 8)...))
	fixedDistances = huffman(fill(30, 5))
)

// tables reads those of a dynamic block: RFC 1951 3.2.7.
func (r *bitReader) tables() (literals, distances codes) {
	hlit, hdist, hclen := r.bits(5)+257, r.bits(5)+1, r.bits(4)+4
	order := [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	lengths := make([]int, 19)
	for _, at := range order[:hclen] {
		lengths[at] = r.bits(3)
	}
	c := huffman(lengths)
	var all []int
	for len(all) < hlit+hdist {
		switch s := r.symbol(c); s {
		case 16:
			all = append(all, fill(3+r.bits(2), all[len(all)-1])...)
		case 17:
			all = append(all, fill(3+r.bits(3), 0)...)
		case 18:
			all = append(all, fill(11+r.bits(7), 0)...)
		default:
			all = append(all, s)
		}
	}
	return huffman(all[:hlit]), huffman(all[hlit:])
}

// block reads a block's symbols: RFC 1951 3.2.5.
func (r *bitReader) block(literals, distances codes) (most int) {
	for {
		s := r.symbol(literals)
		switch {
		case s == 256:
			return most
		case s >= 265 && s < 285:
			r.bits((s - 261) / 4)
		}
		if s > 256 {
			d := r.symbol(distances)
			distance := d + 1
			if d >= 4 {
				extra := d/2 - 1
				distance = (2+d%2)<<extra + 1 + r.bits(extra)
			}
			most = max(most, distance)
		}
	}
}
