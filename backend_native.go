//go:build !js

package websocket

import (
	"log"
	"time"

	"github.com/twinsocket/websocket/native"
)

// Options are what a Dialer can be told. They have the same fields on every platform: [native.Options] says what each is, and what
// it is by default. In a browser ReadLimit, BorrowMessages, HandshakeTimeout, MaxBufferedAmount, ReadQueueLimit and BrowserStream work;
// setting another gives ErrNotSupported.
type Options = native.Options

// Compression says what is done with permessage-deflate (RFC 7692), which is always offered as Chromium does it. In a browser only
// CompressionPooled can be asked for, and the browser does as it likes.
type Compression = native.Compression

func open(url string, protocols []string, o Options, s Sink) (Conn, error) {
	return native.Open(url, protocols, o, s)
}

// openStream is open for a stream.
func openStream(url string, protocols []string, o Options, s Sink) (Conn, error) {
	return open(url, protocols, o, s)
}

func unsupported(o Options, otherEngine bool) []string {
	if otherEngine {
		return native.EngineOptions(o)
	}
	return nil
}

func parseURL(url string) (string, error) { return native.ParseURL(url) }

func newBlob(b []byte, contentType string) BlobData { return native.NewBlob(b, contentType) }

var programStart = time.Now()

func sinceStart() time.Duration { return time.Since(programStart) }

func warn(message string) { log.Print(message) }
