package websocket_test

import (
	"net/url"
	"os"
	"strings"
	"testing"
)

// withUser puts credentials into the URL of the peer.
func withUser(userinfo, path string) string {
	return strings.Replace(server(), "://", "://"+userinfo+"@", 1) + path
}

// A URL's credentials are not sent until the server asks for them, and then once: RFC 7617, and what Chromium does.
//
// A browser remembers credentials that were right, for other URLs too, until others were wrong: so the last row's are.
func TestCredentials(t *testing.T) {
	bye := does{"open": closes(1000, "")}
	runRows(t, []row{
		{name: "not asked for, not sent", url: withUser("me:secret", "/echo?"), on: bye, want: opened, sent: "request close:1000: server"},
		{name: "right", url: withUser("me:s%40cret", "/basic?user=me&password=s%40cret"), on: bye, want: opened,
			sent: "request request:Basic bWU6c0BjcmV0 close:1000: server"},
		{name: "wrong", url: withUser("me:x", "/basic?user=me&password=y"), want: failed, err: "got status 401",
			sent: "request request:Basic bWU6eA=="},
		{name: "none", url: "/basic?user=me&password=x", want: failed, err: "got status 401", sent: "request"},
		{name: "an empty userinfo", url: withUser("", "/basic?user=me&password=x"), want: failed, err: "got status 401", sent: "request"},
		{name: "percent-encoded", url: withUser("m%65%40:s%3Acr%C3%A9t", "/basic?user=me%40&password=s%3Acr%C3%A9t"), on: bye, want: opened,
			sent: "request request:Basic bWVAOnM6Y3LDqXQ= close:1000: server"},
		{name: "a user without a password", url: withUser("me", "/basic?user=me&password="), on: bye, want: opened,
			sent: "request request:Basic bWU6 close:1000: server"},
		{name: "a password without a user", url: withUser(":secret", "/basic?user=&password=secret"), on: bye, want: opened,
			sent: "request request:Basic OnNlY3JldA== close:1000: server"},
		{name: "over TLS", url: strings.Replace(os.Getenv("TESTSERVER_WSS"), "://", "://me:secret@", 1) + "/basic?user=me&password=secret",
			dialer: trusting(t), on: bye, want: opened, sent: "request request:Basic bWU6c2VjcmV0 close:1000: server",
			js: failed, jsSent: "request", why: "Chromium does not send them over wss for a page that came over http, as the tests' page does"},
		{name: "wrong again", url: withUser("you:x", "/basic?user=me&password=y"), want: failed, err: "got status 401",
			sent: "request request:Basic eW91Ong="},
	})
}

// Which challenge is answered, with what.
func TestChallenges(t *testing.T) {
	const basic, digest = `WWW-Authenticate: Basic realm="r"`, `WWW-Authenticate: Digest realm="r", nonce="n"`
	const answersDigest = "a browser has more schemes than Basic, and likes them better"
	for _, c := range []struct {
		name, status string
		challenges   []string
		want         string // the requests that the peer got
		js, why      string
	}{
		{name: "Basic", status: "401", challenges: []string{basic}, want: "request request:Basic"},
		{name: "in small letters", status: "401", challenges: []string{"www-authenticate: basic realm=r"}, want: "request request:Basic"},
		{name: "behind a scheme that nobody knows", status: "401", challenges: []string{"WWW-Authenticate: Mine a=b", basic}, want: "request request:Basic"},
		{name: "with Digest", status: "401", challenges: []string{digest, basic}, want: "request request:Basic",
			js: "request request:Digest", why: answersDigest},
		{name: "Digest alone", status: "401", challenges: []string{digest}, want: "request", js: "request request:Digest", why: answersDigest},
		{name: "two in one header", status: "401", challenges: []string{`WWW-Authenticate: Mine a=b, Basic realm="r"`}, want: "request request:Basic",
			js: "request", why: "Chromium takes a header for one challenge"},
		{name: "Bearer", status: "401", challenges: []string{`WWW-Authenticate: Bearer realm="r"`}, want: "request"},
		{name: "none", status: "401", want: "request"},
		{name: "with another status", status: "403", challenges: []string{basic}, want: "request"},
		{name: "a proxy's, and there is none", status: "407", challenges: []string{`Proxy-Authenticate: Basic realm="r"`}, want: "request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			steps := []string{"status=" + c.status}
			for _, header := range c.challenges {
				steps = append(steps, "header="+header)
			}
			id := newID(t)
			row{url: withUser("me:secret", raw(steps...)+"&id="+url.QueryEscape(id)), want: failed, err: "got status " + c.status}.run(t)
			want := c.want
			if browser && c.js != "" {
				if c.why == "" {
					t.Error("a browser's difference without a reason")
				}
				want = c.js
			}
			var requests []string
			for _, word := range strings.Fields(recorded(t, id)) {
				if strings.HasPrefix(word, "request") {
					requests = append(requests, word)
				}
			}
			if got := strings.Join(requests, " "); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
