//go:build !js

package peer

import (
	"fmt"
	"testing"
)

func TestParseQueryKeepsTheOrder(t *testing.T) {
	for _, test := range []struct{ raw, want string }{
		{"", "[]"},
		{"b=1&a=2&b=3", "[{b 1} {a 2} {b 3}]"},
		{"a", "[{a }]"},
		{"&a=&&", "[{a }]"},
		{"a=1=2;3+%2B%ff", "[{a 1=2;3 +\xff}]"},
	} {
		got, err := parseQuery(test.raw)
		if err != nil {
			t.Errorf("%s: %v", test.raw, err)
		}
		want(t, fmt.Sprint([]param(got)), test.want)
	}
}
