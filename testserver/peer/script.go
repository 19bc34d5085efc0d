//go:build !js

package peer

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// action does a step of a script. An error ends the script.
type action func(*session) error

// errEnd ends a script that did what it should.
var errEnd = errors.New("testserver: end of the script")

// steps lists the steps and how the text behind their colon is read. The
// descriptions are in doc.go.
func steps() map[string]func(arg string) (action, error) {
	return map[string]func(string) (action, error){
		"text":   sends(func(arg string) ([]byte, error) { return appendFrame(nil, fin|opText, []byte(arg)), nil }),
		"ping":   sends(func(arg string) ([]byte, error) { return appendFrame(nil, fin|opPing, []byte(arg)), nil }),
		"pong":   sends(func(arg string) ([]byte, error) { return appendFrame(nil, fin|opPong, []byte(arg)), nil }),
		"binary": sends(binaryBytes),
		"close":  sends(closeBytes),
		"frame":  sends(frameBytes),
		"hex":    sends(func(arg string) ([]byte, error) { return parseHex("hex", arg) }),
		"bytes":  sends(func(arg string) ([]byte, error) { return []byte(arg), nil }),
		"zeros":  counted("zeros", (*session).zeros),
		"head":   parseHead,

		"repeat":  parseRepeat,
		"endless": parseEndless,

		"join":  plain((*session).join),
		"flush": plain((*session).flush),
		"chunk": counted("chunk", func(s *session, n int) error { s.chunk = n; return nil }),

		"expect": parseExpect,
		"echo":   plain((*session).echo),
		"answer": plain((*session).answer),

		"notify": plain(func(s *session) error { return s.conn.notify() }),
		"alert":  plain(func(s *session) error { return s.conn.alert() }),
		"tcp":    parseTCP,
		"sever":  plain(func(s *session) error { return s.conn.tcp.CloseWrite() }),

		"fin":  plain(func(s *session) error { return s.conn.closeWrite() }),
		"end":  plain(func(*session) error { return errEnd }),
		"rst":  plain(func(s *session) error { s.conn.reset(); return errEnd }),
		"hold": plain(func(s *session) error { return s.conn.drain(waitLimit) }),
		"mute": plain((*session).mute),
		"sleep": counted("sleep", func(s *session, n int) error {
			return s.conn.sleep(min(waitLimit, time.Duration(n)*time.Millisecond))
		}),
	}
}

func parseStep(text string) (action, error) {
	name, arg, _ := strings.Cut(text, ":")
	parse, ok := steps()[name]
	if !ok {
		return nil, fmt.Errorf("testserver: do: got step %q, want one of %s",
			name, strings.Join(slices.Sorted(maps.Keys(steps())), ", "))
	}
	return parse(arg)
}

// plain is for a step without argument.
func plain(do action) func(string) (action, error) {
	return func(arg string) (action, error) {
		if arg != "" {
			return nil, fmt.Errorf("testserver: do: got %q behind a step, want nothing", arg)
		}
		return do, nil
	}
}

// counted is for a step with a number.
func counted(name string, do func(*session, int) error) func(string) (action, error) {
	return func(arg string) (action, error) {
		n, err := parseNumber(name, arg, 0, math.MaxInt32)
		return func(s *session) error { return do(s, n) }, err
	}
}

// sends is for a step that writes bytes.
func sends(parse func(string) ([]byte, error)) func(string) (action, error) {
	return func(arg string) (action, error) {
		b, err := parse(arg)
		return func(s *session) error { return s.write(b) }, err
	}
}

func binaryBytes(arg string) ([]byte, error) {
	payload, err := parseHex("binary", arg)
	return appendFrame(nil, fin|opBinary, payload), err
}

// closeBytes reads nothing, CODE or CODE:REASON.
func closeBytes(arg string) ([]byte, error) {
	if arg == "" {
		return appendFrame(nil, fin|opClose, nil), nil
	}
	number, reason, _ := strings.Cut(arg, ":")
	code, err := parseNumber("close", number, 0, math.MaxUint16)
	return appendFrame(nil, fin|opClose, closeBody(code, reason)), err
}

// frameBytes reads FIN,OPCODE,STRING.
func frameBytes(arg string) ([]byte, error) {
	parts := strings.SplitN(arg, ",", 3)
	if len(parts) < 3 {
		return nil, fmt.Errorf("testserver: frame: got %q, want FIN,OPCODE,STRING", arg)
	}
	final, err := parseNumber("frame: FIN", parts[0], 0, 1)
	if err != nil {
		return nil, err
	}
	opcode, err := parseNumber("frame: OPCODE", parts[1], 0, 127)
	return appendFrame(nil, byte(final<<7|opcode), []byte(parts[2])), err
}

// parseHead reads nothing or a number of bytes.
func parseHead(arg string) (action, error) {
	if arg == "" {
		return func(s *session) error { return s.sendHead(len(s.head)) }, nil
	}
	return counted("head", (*session).sendHead)(arg)
}

// parseTCP reads bytes that go past TLS.
func parseTCP(arg string) (action, error) {
	b, err := parseHex("tcp", arg)
	return func(s *session) error { _, err := s.conn.tcp.Write(b); return err }, err
}

// parseEndless reads STEP.
func parseEndless(text string) (action, error) {
	step, err := parseStep(text)
	return func(s *session) error {
		for end := time.Now().Add(waitLimit); time.Now().Before(end); {
			if err := step(s); err != nil {
				return err
			}
		}
		return errEnd
	}, err
}

// parseRepeat reads N:STEP.
func parseRepeat(arg string) (action, error) {
	number, text, _ := strings.Cut(arg, ":")
	n, err := parseNumber("repeat", number, 0, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	step, err := parseStep(text)
	return func(s *session) error {
		for range n {
			if err := step(s); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// parseExpect reads nothing, a kind of event or text:STRING.
func parseExpect(arg string) (action, error) {
	kind, text, exact := strings.Cut(arg, ":")
	if exact && kind == "text" {
		return func(s *session) error {
			return s.expect(func(e event) bool { return e.opcode == opText && string(e.payload) == text })
		}, nil
	}
	opcodes, ok := map[string][]byte{
		"message": {opText, opBinary},
		"close":   {opClose},
		"ping":    {opPing},
		"pong":    {opPong},
	}[arg]
	switch {
	case arg == "":
		return func(s *session) error { _, _, err := s.next(); return err }, nil
	case !ok:
		return nil, fmt.Errorf("testserver: expect: got %q, want nothing, message, close, ping, pong or text:STRING", arg)
	}
	return func(s *session) error {
		return s.expect(func(e event) bool { return bytes.IndexByte(opcodes, e.opcode) >= 0 })
	}, nil
}
