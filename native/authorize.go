//go:build !js

package native

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// authorize adds the URL's credentials to the request if the answer asks for them: RFC 7617, as Chromium does it.
func (d *dialer) authorize(q *request, refused *HandshakeError) bool {
	if !d.canIdentify(q, refused.Header) {
		return false
	}
	user, password, _ := strings.Cut(d.target.userinfo, ":")
	header := map[string][]string{"Authorization": {basic(unescape(user), unescape(password))}}
	for name, values := range q.header {
		header[name] = values
	}
	q.header = header
	return true
}

// canIdentify reports whether the URL has the credentials that an answer asks for, and the request has none.
func (d *dialer) canIdentify(q *request, answer map[string][]string) bool {
	return d.target.userinfo != "" && len(lookup(q.header, "Authorization")) == 0 && asksForBasic(answer)
}

// basic is RFC 7617 2.
func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// withoutQuoted returns a header's value without its quoted strings, in which a comma separates nothing: RFC 9110 5.6.4.
func withoutQuoted(s string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case !quoted:
			b.WriteByte(s[i])
		case s[i] == '\\':
			i++
		}
	}
	return b.String()
}

// asksForBasic reports whether one of the challenges is of the scheme Basic: RFC 9110 11.6.1.
func asksForBasic(header map[string][]string) bool {
	for _, v := range header["Www-Authenticate"] {
		for challenge := range strings.SplitSeq(withoutQuoted(v), ",") {
			scheme, _, _ := strings.Cut(strings.Trim(challenge, " \t"), " ")
			if sameToken(scheme, "Basic") {
				return true
			}
		}
	}
	return false
}
