//go:build unix

package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A table is written as Markdown that can be read as it is too.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t table) String() string {
	width := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell), 3)
		}
	}
	var b strings.Builder
	line := func(row []string) {
		for i, cell := range row {
			fmt.Fprintf(&b, "| %s%s ", cell, strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)))
		}
		b.WriteString("|\n")
	}
	line(t.head)
	rule := make([]string, len(t.head))
	for i := range rule {
		rule[i] = strings.Repeat("-", width[i])
	}
	line(rule)
	for _, row := range t.rows {
		line(row)
	}
	return b.String()
}

// nothing is the cell of a client that took no part.
const nothing = "–"

// stat is what several rounds come to: their median between two others of them.
type stat struct{ median, from, to float64 }

// statOf has the least and the most of all rounds. It returns false for no values.
func statOf(values []float64) (stat, bool) { return between(values, 0) }

// intervalOf has those between which the median of ever more rounds would be, with a probability of 95 %, or less if there are less
// than six. Each value is below that median with a probability of one half; the one that has k smaller ones is above it if at most
// k are below.
func intervalOf(values []float64) (stat, bool) {
	k, n := -1, float64(len(values))
	term, below := math.Pow(0.5, n), 0.0 // the probability that k+1 are below, and that at most k are
	for below+term <= 0.025 {
		k++
		below += term
		term *= (n - float64(k)) / float64(k+1)
	}
	return between(values, max(k, 0))
}

// between has the values that have k smaller and k larger ones.
func between(values []float64, k int) (stat, bool) {
	if len(values) == 0 {
		return stat{}, false
	}
	v := slices.Sorted(slices.Values(values))
	last := len(v) - 1
	return stat{(v[last/2] + v[len(v)/2]) / 2, v[k], v[last-k]}, true
}

// String has the two in brackets, if they differ.
func (s stat) String() string {
	if s.from == s.to {
		return short(s.median)
	}
	return fmt.Sprintf("%s (%s–%s)", short(s.median), short(s.from), short(s.to))
}

// short writes about three digits or, of a large number, what is before the point.
func short(x float64) string {
	switch {
	case x < 0.1:
		return strconv.FormatFloat(x, 'f', 3, 64)
	case x < 10:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 100:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
}

// memory writes a number of bytes.
func memory(n float64) string {
	if n < 1000 {
		return strconv.FormatFloat(n, 'f', 0, 64) + " B"
	}
	return short(n/1000) + " kB"
}
