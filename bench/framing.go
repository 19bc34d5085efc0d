//go:build unix

package main

import (
	"encoding/binary"
	"errors"
)

// A framing is how the server finds messages in a stream. It knows no more of its protocol than the clients use.
type framing interface {
	// next returns the frame that b begins with and its whole length, 0 if it is not yet there.
	next(b []byte) (f frame, n int, err error)
	// add adds a message in one frame.
	add(b []byte, f frame) []byte
}

// A frame is a message or a part of it.
type frame struct {
	payload    []byte
	opcode     byte
	fin        bool
	compressed bool
}

// Opcodes: RFC 6455 5.2.
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
)

// lengthPrefixed is the framing of the floor.
type lengthPrefixed struct{}

func (lengthPrefixed) next(b []byte) (f frame, n int, err error) {
	if len(b) < 4 {
		return f, 0, nil
	}
	whole := 4 + int(binary.BigEndian.Uint32(b))
	if len(b) < whole {
		return f, 0, nil
	}
	return frame{payload: b[4:whole], opcode: opBinary, fin: true}, whole, nil
}

func (lengthPrefixed) add(b []byte, f frame) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(f.payload)))
	return append(b, f.payload...)
}

// rfc6455 is the server's side of RFC 6455 5.2: what comes is masked, what goes is not.
type rfc6455 struct{}

var errNotMasked = errors.New("got a frame without a mask")

func (rfc6455) next(b []byte) (f frame, n int, err error) {
	if len(b) < 6 {
		return f, 0, nil
	}
	if b[1]&0x80 == 0 {
		return f, 0, errNotMasked
	}
	head, length := 6, int(b[1]&0x7F)
	switch length {
	case 126:
		head, length = 8, int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 14 {
			return f, 0, nil
		}
		head, length = 14, int(binary.BigEndian.Uint64(b[2:]))
	}
	if len(b) < head+length {
		return f, 0, nil
	}
	payload := b[head : head+length]
	unmask(payload, [4]byte(b[head-4:]))
	return frame{payload: payload, opcode: b[0] & 0x0F, fin: b[0]&0x80 != 0, compressed: b[0]&0x40 != 0}, head + length, nil
}

func (rfc6455) add(b []byte, f frame) []byte {
	first := 0x80 | f.opcode
	if f.compressed {
		first |= 0x40
	}
	switch n := len(f.payload); {
	case n < 126:
		b = append(b, first, byte(n))
	case n <= 0xFFFF:
		b = binary.BigEndian.AppendUint16(append(b, first, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, 127), uint64(n))
	}
	return append(b, f.payload...)
}

func unmask(p []byte, key [4]byte) {
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	for ; len(p) >= 8; p = p[8:] {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^k)
	}
	for i := range p {
		p[i] ^= key[i&3]
	}
}
