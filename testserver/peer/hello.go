//go:build !js

package peer

import (
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// helloDomain is the domain of the names for which the wss port misbehaves in
// the TLS handshake. Before TLS is through a client says nothing else that it
// could be asked by.
const helloDomain = ".hello.localhost"

// helloStep answers a ClientHello. If it returns a configuration, TLS goes on
// with that.
type helloStep func(w *wire) (*tls.Config, error)

// hellos lists what a name can ask for and how what stands behind its hyphen
// is read. The descriptions are in doc.go.
func hellos(config *tls.Config) map[string]func(arg string) (helloStep, error) {
	return map[string]func(string) (helloStep, error){
		"hex": func(arg string) (helloStep, error) {
			b, err := parseHex("hex", arg)
			return inPlaceOfHello(b), err
		},
		"alert": func(arg string) (helloStep, error) {
			b, err := alertRecord(arg)
			return inPlaceOfHello(b), err
		},
		"fin": helloWithout(func(w *wire) (*tls.Config, error) { return nil, w.CloseWrite() }),
		"rst": helloWithout(func(w *wire) (*tls.Config, error) {
			w.SetLinger(0)
			return nil, w.Close()
		}),
		"mute": helloWithout(inPlaceOfHello(nil)),
		"cut": func(arg string) (helloStep, error) {
			n, err := parseNumber("cut", arg, 1, math.MaxInt32)
			return func(w *wire) (*tls.Config, error) {
				w.left = n
				return config, nil
			}, err
		},
		"certificate": helloWithout(func(*wire) (*tls.Config, error) {
			demanding := config.Clone()
			demanding.ClientAuth = tls.RequireAnyClientCert
			return demanding, nil
		}),
	}
}

// helloWithout is for a step without argument.
func helloWithout(step helloStep) func(string) (helloStep, error) {
	return func(arg string) (helloStep, error) {
		if arg != "" {
			return nil, fmt.Errorf("testserver: hello: got %q behind a step, want nothing", arg)
		}
		return step, nil
	}
}

// inPlaceOfHello sends the bytes.
func inPlaceOfHello(b []byte) helloStep {
	return func(w *wire) (*tls.Config, error) {
		_, err := w.Write(b)
		return nil, err
	}
}

// alertRecord reads LEVEL-DESCRIPTION. RFC 8446 5.1, 6: before ServerHello an
// alert is sent as it is.
func alertRecord(arg string) ([]byte, error) {
	first, second, _ := strings.Cut(arg, "-")
	level, err := parseNumber("alert: LEVEL", first, 0, math.MaxUint8)
	if err != nil {
		return nil, err
	}
	description, err := parseNumber("alert: DESCRIPTION", second, 0, math.MaxUint8)
	return []byte{21, 3, 3, 0, 2, byte(level), byte(description)}, err
}

func parseHello(name string, config *tls.Config) (helloStep, error) {
	step, arg, _ := strings.Cut(name, "-")
	all := hellos(config)
	parse, ok := all[step]
	if !ok {
		return nil, fmt.Errorf("testserver: hello: got step %q, want one of %s",
			step, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	return parse(arg)
}

// misbehave makes the wss port do what the client's name for it asks for. The
// error that ends TLS is for nobody: the client is not told.
func misbehave(config *tls.Config) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	return func(info *tls.ClientHelloInfo) (*tls.Config, error) {
		name, ok := strings.CutSuffix(info.ServerName, helloDomain)
		if !ok {
			return nil, nil
		}
		step, err := parseHello(name, config)
		if err != nil {
			return nil, err
		}
		w := info.Conn.(*wire)
		if next, err := step(w); next != nil || err != nil {
			return next, err
		}
		w.left = 0
		w.SetReadDeadline(time.Now().Add(waitLimit))
		io.Copy(io.Discard, w)
		return nil, errEnd
	}
}
