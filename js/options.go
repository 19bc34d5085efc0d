//go:build js

package js

import (
	"time"
	"unsafe"
)

// Compression is websocket.Compression, which a browser does not let a page choose.
type Compression int

// Options have the fields of native.Options, whose documentation is theirs. A browser honours ReadLimit, BorrowMessages,
// HandshakeTimeout, MaxBufferedAmount, ReadQueueLimit and BrowserStream.
type Options struct {
	Header               map[string][]string
	Origin               string
	TLSConfig            any // a *tls.Config; crypto/tls would be a megabyte
	Proxy                any // a func
	Jar                  any // an http.CookieJar; net/http would be more yet
	AllowBlockedPorts    bool
	NetDial              any // a func
	ReadLimit            int64
	BorrowMessages       bool
	ReadAhead            int
	HandshakeTimeout     time.Duration
	CloseTimeout         time.Duration
	PingInterval         time.Duration
	PongTimeout          time.Duration
	Compression          Compression
	CompressionThreshold int
	MaxBufferedAmount    int64
	ReadQueueLimit       int
	BrowserStream        bool
}

// EngineOptions names the options set that no browser lets a page choose.
func EngineOptions(o Options) (names []string) {
	for _, option := range [...]struct {
		name string
		set  bool
	}{
		{"Header", o.Header != nil},
		{"Origin", o.Origin != ""},
		{"TLSConfig", !isNil(o.TLSConfig)},
		{"Proxy", !isNil(o.Proxy)},
		{"Jar", !isNil(o.Jar)},
		{"AllowBlockedPorts", o.AllowBlockedPorts},
		{"NetDial", !isNil(o.NetDial)},
		{"ReadAhead", o.ReadAhead != 0},
		{"CloseTimeout", o.CloseTimeout != 0},
		{"PingInterval", o.PingInterval != 0},
		{"PongTimeout", o.PongTimeout != 0},
		{"Compression", o.Compression != 0},
		{"CompressionThreshold", o.CompressionThreshold != 0},
	} {
		if option.set {
			names = append(names, option.name)
		}
	}
	return names
}

// isNil reports whether v is nil or a nil pointer or func of some type. An interface's second word is the pointer or the func
// itself; package reflect, which could say the same, is large.
func isNil(v any) bool {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&v))[1] == nil
}
