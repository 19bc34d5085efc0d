package websocket_test

import (
	"strings"
	"testing"
)

// Servers that mean harm, or are about to die. What is not here is among the rows for the handshake, closing and violations.
func TestHostileServers(t *testing.T) {
	const end = "open/1 close:1000::true/3"
	finish := []string{"close:1000", "expect:close", "end"}
	script := func(steps ...string) string { return raw(append(steps, finish...)...) }
	runRows(t, []row{
		{name: "a megabyte of headers", url: raw("pad=1000000"), want: failed, err: "bytes of headers"},
		{name: "headers without an end", url: raw("pad=100000", "cut=90000"), want: failed, err: "unexpected EOF"},
		{name: "a header line that is none", url: raw("header=no colon here", "expect:close", "answer", "end"),
			on: does{"open": closes(1000, "")}, want: failed, err: "NAME: VALUE",
			js: opened, why: "Chromium passes over a header line without a colon"},
		{name: "a body behind the answer", url: raw("status=403", "early="+strings.Repeat("61", 1000)), want: failed, err: "403"},
		{name: "a thousand empty fragments", url: script("frame:0,1,a", "repeat:1000:frame:0,0,", "frame:1,0,b"),
			want: "open/1 text:ab/1 close:1000::true/3"},
		{name: "a message of empty fragments", url: script("frame:0,2,", "frame:0,0,", "frame:1,0,"), want: "open/1 binary:/1 close:1000::true/3"},
		{name: "ten thousand fragments of a byte", url: script("join", "frame:0,1,x", "repeat:9999:frame:0,0,x", "frame:1,0,x", "flush"),
			want: "open/1 message#10001/1 close:1000::true/3"},
		{name: "a storm of pings", url: script("join", "repeat:20000:ping:0123456789", "text:after", "flush"),
			want: "open/1 text:after/1 close:1000::true/3"},
		{name: "a storm of pongs", url: script("join", "repeat:20000:pong:0123456789", "flush"), want: end},
		{name: "pings inside a fragmented message", url: script("frame:0,1,a", "repeat:500:ping:p", "frame:1,0,b"),
			want: "open/1 text:ab/1 close:1000::true/3"},
		{name: "a thousand empty messages at once", url: script("join", "repeat:1000:text:", "flush"),
			want: "open/1" + strings.Repeat(" text:/1", 1000) + " close:1000::true/3"},
		{name: "two Close frames", url: raw("join", "close:1000:one", "close:1001:two", "flush", "expect:close", "end"),
			want: "open/1 close:1000:one:true/3",
			js:   "open/1 error/3 close:1006::false/3", why: "Chromium fails a connection for a frame behind Close"},
		{name: "a reset in place of the answer to Close", url: raw("expect:close", "rst"), on: does{"open": closes(1000, "")},
			want: "open/1 error/3 close:1006::false/3", js: "open/1 close:1006::false/3", why: "no error event for the end of TCP"},
		{name: "a Close frame byte by byte", url: raw("chunk:1", "close:3000:"+strings.Repeat("é", 61), "expect:close", "end"),
			want: "open/1 close:3000:" + strings.Repeat("é", 61) + ":true/3"},
	})
}
