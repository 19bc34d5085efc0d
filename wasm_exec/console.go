//go:build !js

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

// lines calls each for every whole line written, with its newline.
type lines struct{ rest []byte }

func (l *lines) write(p []byte, each func(line []byte) error) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		end := bytes.IndexByte(l.rest, '\n') + 1
		if end == 0 {
			return len(p), nil
		}
		line := l.rest[:end]
		l.rest = l.rest[end:]
		if err := each(line); err != nil {
			return 0, err
		}
	}
}

// console passes on what wasmbrowsertest prints of the page's console, and
// mends two things in it: see decode and died.
type console struct {
	w    io.Writer
	dead func(cause string)

	lines    lines
	uncaught bool // the last line announced an exception
}

func (c *console) Write(p []byte) (int, error) { return c.lines.write(p, c.line) }

// Flush writes the last line if no newline ended it.
func (c *console) Flush() { c.w.Write(c.lines.rest) }

func (c *console) line(line []byte) error {
	line = decode(line)
	text := bytes.TrimSpace(line)
	if c.uncaught && died.Match(text) {
		c.dead(string(text))
	}
	c.uncaught = uncaught.Match(text)
	_, err := c.w.Write(line)
	return err
}

// decode returns a line as the program wrote it. Chrome reports text as JSON,
// which wasmbrowsertest unquotes as Go: where the syntaxes differ (😀 is
// "\ud83d\ude00") it leaves the quoted string.
func decode(line []byte) []byte {
	quoted := bytes.TrimSuffix(line, []byte("\n"))
	if len(quoted) == 0 || quoted[0] != '"' {
		return line
	}
	var text string
	if _, err := strconv.Unquote(string(quoted)); err == nil || json.Unmarshal(quoted, &text) != nil {
		return line
	}
	return append([]byte(text), '\n')
}

// After an exception out of the wasm code itself the program does not go on and
// never says that it has ended, so wasmbrowsertest would wait for ever.
var (
	uncaught = regexp.MustCompile(`^http://127\.0\.0\.1:\d+/.* Uncaught$`)
	died     = regexp.MustCompile(`^(RuntimeError: |RangeError: Maximum call stack)`)
)

// driverLog passes on what wasmbrowsertest logs, except for
//   - the exit code of the program, which it keeps: the driver's own is always 1
//   - the errors of file operations, which the program gets anyway
//   - "context canceled", the reason of which others report
type driverLog struct {
	w    io.Writer
	code int

	lines lines
}

func (d *driverLog) Write(p []byte) (int, error) { return d.lines.write(p, d.line) }

// Flush writes the last line if no newline ended it.
func (d *driverLog) Flush() { d.w.Write(d.lines.rest) }

func (d *driverLog) line(line []byte) error {
	if _, err := fmt.Sscanf(string(line), "exit with status %d\n", &d.code); err == nil {
		return nil
	}
	if fileError.Match(line) || string(line) == "context canceled\n" {
		return nil
	}
	_, err := d.w.Write(line)
	return err
}

var fileError = regexp.MustCompile(`^\[wasmbrowsertest\]: .* handler\.go:\d+: Error: `)
