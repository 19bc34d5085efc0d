//go:build unix

package main

import (
	"fmt"
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

// stat is what several rounds come to.
type stat struct{ median, least, most float64 }

// statOf returns false for no values.
func statOf(values []float64) (stat, bool) {
	if len(values) == 0 {
		return stat{}, false
	}
	v := slices.Sorted(slices.Values(values))
	median := (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	return stat{median, v[0], v[len(v)-1]}, true
}

// String has the median, and in brackets the least and the most of all rounds, if they differ.
func (s stat) String() string {
	if s.least == s.most {
		return short(s.median)
	}
	return fmt.Sprintf("%s (%s–%s)", short(s.median), short(s.least), short(s.most))
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
