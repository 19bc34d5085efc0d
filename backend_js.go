//go:build js

package websocket

import (
	"time"

	"github.com/twinsocket/websocket/js"
)

// Options are what a Dialer can be told. They have the same fields on every platform: native.Options says what each is, and what
// it is by default. In a browser ReadLimit, BorrowMessages, HandshakeTimeout, MaxBufferedAmount, ReadQueueLimit and BrowserStream work;
// setting another gives ErrNotSupported.
type Options = js.Options

// Compression says what is done with permessage-deflate (RFC 7692), which is always offered as Chromium does it. In a browser only
// CompressionPooled can be asked for, and the browser does as it likes.
type Compression = js.Compression

func open(url string, protocols []string, o Options, s Sink) (Conn, error) {
	return js.Open(url, protocols, o, s)
}

// openStream is open for a stream.
func openStream(url string, protocols []string, o Options, s Sink) (Conn, error) {
	if o.BrowserStream {
		return js.OpenStream(url, protocols, o, s)
	}
	return open(url, protocols, o, s)
}

func unsupported(o Options, otherEngine bool) []string {
	names := js.EngineOptions(o)
	if otherEngine && o.ReadLimit != 0 {
		names = append(names, "ReadLimit")
	}
	if otherEngine && o.BorrowMessages {
		names = append(names, "BorrowMessages")
	}
	return names
}

func parseURL(url string) (string, error) { return js.ParseURL(url) }

func newBlob(b []byte, contentType string) BlobData { return js.NewBlob(b, contentType) }

func sinceStart() time.Duration { return js.SinceStart() }

func warn(message string) { js.Warn(message) }
