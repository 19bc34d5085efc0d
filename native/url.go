//go:build !js

package native

import "github.com/nlnwa/whatwg-url/url"

// ParseURL parses a URL and serializes it: https://url.spec.whatwg.org. There is no base that it could be relative to.
func ParseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	return u.Href(false), nil
}
