//go:build !js

package peer

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// serveRaw answers with hand-made bytes and runs the script.
func serveRaw(x *exchange) error {
	h, err := parseHandshake(x.query, x.request.Header.Get("Sec-WebSocket-Key"))
	if err != nil {
		return err
	}
	script, err := parseScript(x.query)
	if err != nil {
		return err
	}
	x.answer.recorder.off = h.status != http.StatusSwitchingProtocols // perhaps one more request comes
	_, stream, err := x.answer.Hijack()
	if err != nil {
		return err
	}
	if err := x.conn.sleep(h.delay); err != nil {
		return err
	}
	s := &session{conn: x.conn, in: stream.Reader, collector: collector{deflate: x.deflate}}
	if h.bytewise {
		s.chunk = 1
	}
	if err := s.write(h.bytes()); err != nil || h.cut >= 0 {
		return err
	}
	s.chunk = 0
	return s.run(script)
}

// parseScript reads the steps and sees that what is joined is flushed.
func parseScript(q query) (script []action, err error) {
	var joined []string
	for _, p := range q {
		if p.name != "do" {
			continue
		}
		a, err := parseStep(p.value)
		if err != nil {
			return nil, err
		}
		script = append(script, a)
		if p.value == "join" || p.value == "flush" {
			joined = append(joined, p.value)
		}
	}
	for pair := range slices.Chunk(joined, 2) {
		if !slices.Equal(pair, []string{"join", "flush"}) {
			return nil, fmt.Errorf("testserver: do: got %s, want join and flush in turns", strings.Join(joined, ", "))
		}
	}
	return script, nil
}
