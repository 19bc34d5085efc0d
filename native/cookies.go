//go:build !js

package native

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// url returns the target as HTTP's URL, without the credentials. It is not parsed again: the URL Standard allows more than
// package url does.
func (t target) url() *url.URL {
	path, query, _ := strings.Cut(t.resource, "?")
	return &url.URL{Scheme: t.scheme(), Host: t.host, Path: unescape(path), RawPath: path, RawQuery: query}
}

// withCookies returns the request with the jar's cookies in it, behind those of the program in the one header that there may be:
// RFC 6265 5.4.
func (d *dialer) withCookies(q *request) *request {
	if d.Jar == nil {
		return q
	}
	own := lookup(q.header, "Cookie")
	written := http.Request{Header: http.Header{}}
	for _, c := range d.Jar.Cookies(d.target.url()) {
		written.AddCookie(c)
	}
	all := append(own[:len(own):len(own)], written.Header["Cookie"]...)
	if len(all) == 0 {
		return q
	}
	with := *q
	with.header = maps.Clone(q.header)
	maps.DeleteFunc(with.header, func(name string, _ []string) bool { return strings.EqualFold(name, "Cookie") })
	if with.header == nil {
		with.header = make(map[string][]string, 1)
	}
	with.header["Cookie"] = []string{strings.Join(all, "; ")}
	return &with
}

// store gives the jar the cookies of an answer, whatever its status: RFC 6265 5.2, Fetch Standard, HTTP-network fetch.
func (d *dialer) store(header map[string][]string) {
	if d.Jar == nil {
		return
	}
	if cookies := (&http.Response{Header: header}).Cookies(); len(cookies) > 0 {
		d.Jar.SetCookies(d.target.url(), cookies)
	}
}
