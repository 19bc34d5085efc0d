//go:build !js

package peer

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query is a URL's query. Unlike url.Values it keeps the order.
type query []param

type param struct{ name, value string }

func parseQuery(raw string) (q query, err error) {
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if name, err = url.QueryUnescape(name); err != nil {
			return nil, fmt.Errorf("testserver: query: %w", err)
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, fmt.Errorf("testserver: query: %s: %w", name, err)
		}
		q = append(q, param{name, value})
	}
	return q, nil
}

// only fails if there is a parameter that is not in names.
func (q query) only(names []string) error {
	for _, p := range q {
		if !slices.Contains(names, p.name) {
			return fmt.Errorf("testserver: got parameter %q, want one of %s", p.name, strings.Join(names, ", "))
		}
	}
	return nil
}

func (q query) lookup(name string) (string, bool) {
	for _, p := range q {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

func (q query) get(name string) string {
	value, _ := q.lookup(name)
	return value
}

// number returns a parameter's value, or without it the other.
func (q query) number(name string, from, to, other int) (int, error) {
	value, ok := q.lookup(name)
	if !ok {
		return other, nil
	}
	return parseNumber(name, value, from, to)
}

// flag says whether a parameter is there as 1.
func (q query) flag(name string) (bool, error) {
	n, err := q.number(name, 0, 1, 0)
	return n == 1, err
}

func parseNumber(name, value string, from, to int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < from || n > to {
		return 0, fmt.Errorf("testserver: %s: got %q, want a number from %d to %d", name, value, from, to)
	}
	return n, nil
}

func parseHex(name, value string) ([]byte, error) {
	b, err := hex.DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("testserver: %s: got %q, want hexadecimal bytes", name, value)
	}
	return b, nil
}
