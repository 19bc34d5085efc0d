//go:build !js

package websocket_test

import (
	"cmp"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/twinsocket/websocket/testserver/proxy"
)

// refusingSOCKS is the URL of a SOCKS proxy that wants a password.
func refusingSOCKS(t *testing.T) string {
	p, err := proxy.SOCKS5(proxy.Config{User: "me", Password: "pw"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return "socks5://" + p.Address()
}

// endingSOCKS is the URL of one that ends TCP when it is greeted.
func endingSOCKS(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			io.ReadFull(conn, make([]byte, 3))
			conn.Close()
		}
	}()
	return "socks5://" + listener.Addr().String()
}

// The tables of docs/errors.md are those of the tests.
func TestErrorsPage(t *testing.T) {
	page, err := os.ReadFile("docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var calls strings.Builder
	for _, r := range refusals() {
		calls.WriteString("| " + r.what + " | " + r.where + " | " + cell(r.want) + " | " + inBrowser(r.want, cmp.Or(r.js, r.want), r.why) + " |\n")
	}
	for heading, want := range map[string]string{
		"A call that returns an error": calls.String(),
		"A handshake that fails":       tableOf(lostHandshakes(t)),
		"A connection that fails":      tableOf(lostConnections(t)),
	} {
		_, section, _ := strings.Cut(string(page), "\n## "+heading+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		_, got, _ := strings.Cut(section, "|---|\n")
		if got = strings.TrimRight(got, "\n") + "\n"; got != want {
			t.Errorf("%s: the page does not have the tests' rows, which are\n%s", heading, want)
		}
	}
}

func tableOf(losses []loss) string {
	var b strings.Builder
	for _, l := range losses {
		b.WriteString("| " + l.what + " | " + cell(l.want) + " | " + inBrowser(l.want, l.jsWant(), l.why) + " |\n")
	}
	return b.String()
}

// inBrowser is the browser's cell of a row.
func inBrowser(want, js, why string) string {
	switch {
	case js == want && want != "–":
		return "the same"
	case why != "":
		return cell(js) + ": " + why
	}
	return cell(js)
}

// identifier is what the page writes as code.
var identifier = regexp.MustCompile(`\*?\b(\w+\.)?[A-Z]\w+[A-Z]\w*|io\.EOF`)

func cell(kinds string) string {
	if of, kind, found := strings.Cut(kinds, ": "); found {
		return cell(kind) + " from `" + of + "`"
	}
	return identifier.ReplaceAllString(kinds, "`$0`")
}
