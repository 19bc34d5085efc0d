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
	if x.conn.wire == nil {
		if err := withoutTLS(x.query); err != nil {
			return err
		}
	}
	x.answer.recorder.off = h.status != http.StatusSwitchingProtocols // perhaps one more request comes
	_, stream, err := x.answer.Hijack()
	if err != nil {
		return err
	}
	if err := x.conn.sleep(h.delay); err != nil {
		return err
	}
	s := &session{conn: x.conn, in: stream.Reader, collector: collector{deflate: x.deflate}, head: h.bytes()}
	if answersItself(x.query) {
		return s.run(script)
	}
	if h.bytewise {
		s.chunk = 1
	}
	if err := s.sendHead(len(s.head)); err != nil || h.cut >= 0 {
		return err
	}
	s.chunk = 0
	return s.run(script)
}

// stepNames returns the names of a script's steps, in order.
func stepNames(q query) (names []string) {
	for _, p := range q {
		if p.name == "do" {
			name, _, _ := strings.Cut(p.value, ":")
			names = append(names, name)
		}
	}
	return names
}

// answersItself says whether a script sends the handshake's answer.
func answersItself(q query) bool { return slices.Contains(stepNames(q), "head") }

// withoutTLS fails if a script has a step that needs TLS.
func withoutTLS(q query) error {
	for _, name := range stepNames(q) {
		if slices.Contains([]string{"notify", "alert", "tcp", "sever"}, name) {
			return fmt.Errorf("testserver: do: got %s over ws, want wss", name)
		}
	}
	return nil
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
