//go:build !js

package peer

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"time"
)

// answer is the http.ResponseWriter of a connection's one request.
type answer struct {
	conn   *conn
	reader *bufio.Reader
	header http.Header
	status int
	body   bytes.Buffer

	hijacked bool
	recorder recorder // begins, if there is an id, when the connection is hijacked
	id       string
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// Hijack hands the connection over. From here on the client sends frames.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.hijacked = true
	a.conn.SetDeadline(time.Time{})
	if a.id != "" {
		early, _ := a.reader.Peek(a.reader.Buffered())
		a.conn.record(a.id, &a.recorder, early)
	}
	return a.conn, bufio.NewReadWriter(a.reader, bufio.NewWriter(a.conn)), nil
}

// finish sends the answer if the connection was not hijacked.
func (a *answer) finish() {
	if a.hijacked {
		return
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	response := http.Response{
		StatusCode:    a.status,
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header,
		Body:          io.NopCloser(&a.body),
		ContentLength: int64(a.body.Len()),
		Close:         true,
	}
	a.conn.SetWriteDeadline(time.Now().Add(waitLimit))
	response.Write(a.conn)
}
