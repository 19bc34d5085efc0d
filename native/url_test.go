//go:build !js

package native

import (
	"strings"
	"testing"
)

// A serialized URL serializes to itself, and can be taken apart without another look at the URL Standard.
func FuzzURL(f *testing.F) {
	for _, url := range []string{
		"ws://h", "wss://user:p%40ss@EXAMPLE.com:8443/a/../b?q#f", "ws://[::1]:80/", "http://bücher.example/é?ü", "ws:h/p", "ws://h?a@b/c",
		"ws://a@b@c/", "mailto:x", "file:///etc", "//h", "", "ws://1.2.3/", "ws://h:99999", "ws://%41/", "ws://h/\x00\xff",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		href, err := ParseURL(raw)
		if err != nil {
			return
		}
		if again, err := ParseURL(href); err != nil || again != href {
			t.Errorf("%q is %q, and that is %q, %v", raw, href, again, err)
		}
		if scheme, _, _ := strings.Cut(href, ":"); scheme != "ws" && scheme != "wss" {
			return
		}
		at := parseTarget(href)
		if at.host == "" || strings.ContainsAny(at.host, "/?#@ \r\n") || !strings.HasPrefix(at.resource, "/") ||
			strings.ContainsAny(at.resource, " \r\n") || strings.Contains(at.userinfo, "/") {
			t.Errorf("%q: got %+v", href, at)
		}
	})
}
