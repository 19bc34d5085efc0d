//go:build !js

package peer

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestScript runs scripts against a client that sends its bytes and reads to
// the end of TCP.
func TestScript(t *testing.T) {
	s := start(t)
	hi := masked(0x81, "hi")
	bye := masked(0x88, "\x03\xe8")
	for _, test := range []struct {
		do     string // steps, divided by spaces
		client []byte
		want   string
	}{
		{"text:hé end", nil, "8103 68c3a9 fin"},
		{"text:a:b end", nil, "8103 613a62 fin"},
		{"binary:00ff end", nil, "8202 00ff fin"},
		{"binary: end", nil, "8200 fin"},
		{"ping:a pong:b end", nil, "8901 61 8a01 62 fin"},
		{"close end", nil, "8800 fin"},
		{"close:1000 end", nil, "8802 03e8 fin"},
		{"close:65535:a:b end", nil, "8805 ffff 613a62 fin"},
		{"frame:0,1,a frame:1,64,,b end", nil, "0101 61 c002 2c62 fin"},
		{"hex:8180 hex: end", nil, "8180 fin"},
		{"bytes:é:b end", nil, "c3a93a62 fin"},
		{"zeros:3 zeros:0 end", nil, "000000 fin"},
		{"repeat:3:text:: end", nil, "8101 3a 8101 3a 8101 3a fin"},
		{"repeat:2:repeat:2:hex:aa end", nil, "aaaaaaaa fin"},
		{"join text:a text:b flush end", nil, "8101 61 8101 62 fin"},
		{"chunk:1 text:ab chunk:0 text:c end", nil, "8102 6162 8101 63 fin"},
		{"sleep:1 end", nil, "fin"},
		{"expect text:x end", masked(0x01, "part"), "8101 78 fin"},
		{"expect:message text:x end", slicesOf(masked(0x89, ""), hi), "8101 78 fin"},
		{"expect:message text:x end", masked(0x82, ""), "8101 78 fin"},
		{"expect:close text:x end", slicesOf(hi, bye), "8101 78 fin"},
		{"expect:ping text:x end", slicesOf(hi, masked(0x89, "")), "8101 78 fin"},
		{"expect:pong text:x end", slicesOf(hi, masked(0x8A, "")), "8101 78 fin"},
		{"expect:text:b:c text:x end", slicesOf(hi, masked(0x01, "b:"), masked(0x80, "c")), "8101 78 fin"},
		{"echo end", slicesOf(hi, masked(0x89, "p"), masked(0x8A, ""), masked(0x02, "f"), masked(0x80, "g"), bye),
			"8102 6869 8a01 70 0201 66 8001 67 8802 03e8 fin"},
		{"echo text:late end", bye, "8802 03e8 8104 6c617465 fin"},
		{"answer end", bye, "8802 03e8 fin"},
		{"expect:close text:x answer end", masked(0x88, ""), "8101 78 8800 fin"},
		{"fin hold", hi, "fin"},
		{"text:x rst", nil, "8101 78 reset"},
		{"text:x rst text:y", nil, "8101 78 reset"},
		{"text:x end text:y", nil, "8101 78 fin"},
	} {
		t.Run(test.do, func(t *testing.T) {
			c := rawOpen(t, s, scriptPath(test.do))
			if test.client != nil { // a write may take the reset's error from the read
				c.Write(test.client)
			}
			got, end := c.rest()
			if end == "reset" {
				got = unhex(t, "810178") // a reset may overtake the bytes
			}
			want(t, fmt.Sprintf("%x%s", got, end), strings.ReplaceAll(test.want, " ", ""))
		})
	}
}

func scriptPath(do string, params ...string) string {
	for _, step := range strings.Fields(do) {
		params = append(params, "do="+step)
	}
	return path("/raw", params...)
}

// TestScriptRecord says how the client's end is seen by the steps that read on.
func TestScriptRecord(t *testing.T) {
	s := start(t)
	hi := masked(0x81, "hi")
	for i, test := range []struct {
		do   string
		want string
	}{
		{"", "text:hi fin"},
		{"hold", "text:hi fin"},
		{"expect text:x", "text:hi fin"},
		{"expect:close", "text:hi fin"},
		{"fin", "text:hi fin"},
		{"expect end", "text:hi server"},
		{"expect rst", "text:hi server"},
		{"mute", "fin"},
	} {
		t.Run(test.do, func(t *testing.T) {
			if test.do == "mute" && runtime.GOOS != "linux" {
				t.Skip("this system does not tell")
			}
			id := fmt.Sprint("r", i)
			c := rawOpen(t, s, scriptPath(test.do, "id="+id))
			c.Write(hi)
			c.CloseWrite()
			c.rest()
			want(t, recorded(t, s, id), "request "+test.want)
		})
	}
}

func TestMuteSeesAReset(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system does not tell")
	}
	s := start(t)
	c := rawOpen(t, s, "/raw?do=mute&id=m")
	c.SetLinger(0)
	c.Close()
	want(t, recorded(t, s, "m"), "request reset")
}

func TestRawRecordsFramesSentWithTheRequest(t *testing.T) {
	s := start(t)
	c := rawDial(t, s, "/raw?id=early&delay=1&do=expect:close&do=answer&do=end")
	c.Write(slicesOf(masked(0x81, "early"), masked(0x88, "")))
	c.head()
	got, end := c.rest()
	want(t, fmt.Sprintf("%x %s", got, end), "8800 fin")
	c.Close()
	want(t, recorded(t, s, "early"), "request text:early close: server")
}

func TestRawEchoesCompressedFramesAsTheyCame(t *testing.T) {
	s := start(t)
	c := rawOpen(t, s, path("/raw", "extensions=permessage-deflate", "id=z", "do=expect:text:a", "do=echo"))
	c.Write(slicesOf(masked(0xC1, "\x4a\x04\x00"), masked(0xC1, "\x4a\x04\x00"), masked(0x88, "")))
	got, err := io.ReadAll(io.LimitReader(c.in, 7))
	want(t, fmt.Sprintf("%x %v", got, err), "c1034a04008800 <nil>")
	c.Close()
	want(t, recorded(t, s, "z"), "request deflated:text:a deflated:text:a close: fin")
}

func TestRawRecordsNoFramesWithoutUpgrade(t *testing.T) {
	s := start(t)
	c := rawDial(t, s, "/raw?status=401&id=n&do=end")
	wantPart(t, c.head(), "HTTP/1.1 401 Unauthorized\r\n")
	c.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	c.Close()
	want(t, recorded(t, s, "n"), "request server")
}

func TestRawCutEndsTCP(t *testing.T) {
	s := start(t)
	c := rawDial(t, s, "/raw?cut=20&do=text:x")
	got, end := c.rest()
	want(t, string(got)+" "+end, "HTTP/1.1 101 Switchi fin")
}

func TestHeadIsSentInPieces(t *testing.T) {
	s := start(t)
	for _, test := range []struct{ do, want string }{
		{"head:0 end", ""},
		{"head:0 rst", "reset"},
		{"head:8 bytes:! head:4 end", "HTTP/1.1! 101"},
		{"hex:41 head end", "AHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Accept: " + sampleAccept + "\r\n\r\n"},
		{"head:128 text:x head text:y head end", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Accept: " + sampleAccept + "\r\n\r" + "\x81\x01x" + "\n" + "\x81\x01y"},
	} {
		c := rawDial(t, s, scriptPath(test.do))
		got, end := c.rest()
		if end == "reset" {
			got = []byte(end)
		}
		want(t, string(got), test.want)
	}
}

func TestEndlessGoesOnUntilTheClientHasGone(t *testing.T) {
	s := start(t)
	c := rawOpen(t, s, scriptPath("endless:text:abc", "id=e"))
	got := make([]byte, 5<<15)
	if _, err := io.ReadFull(c.in, got); err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("\x81\x03abc", 1<<15); string(got) != want {
		t.Error("got other bytes than frames")
	}
	c.Close()
	want(t, recorded(t, s, "e"), "request reset")
}

func TestRawBytewise(t *testing.T) {
	s := start(t)
	c := rawDial(t, s, "/raw?bytewise=1&early=8100&do=text:x&do=end")
	wantPart(t, c.head(), "\r\nSec-WebSocket-Accept: "+sampleAccept+"\r\n")
	got, _ := c.rest()
	want(t, fmt.Sprintf("%x", got), "8100810178")
}

// pieces is a connection that keeps each write.
type pieces struct {
	net.Conn
	writes []string
}

func (p *pieces) Write(b []byte) (int, error) {
	p.writes = append(p.writes, string(b))
	return len(b), nil
}

func (p *pieces) SetWriteDeadline(time.Time) error { return nil }

func TestJoinAndChunkDecideAboutWrites(t *testing.T) {
	for _, test := range []struct{ do, want string }{
		{"hex:61 hex:6263", `["a" "bc"]`},
		{"hex:", `[]`},
		{"join hex:61 hex:6263 flush hex:64", `["abc" "d"]`},
		{"chunk:2 hex:6162636465", `["ab" "cd" "e"]`},
		{"chunk:2 join hex:61 hex:626364 flush chunk:0 hex:656667", `["ab" "cd" "efg"]`},
		{"zeros:65537", fmt.Sprintf("[%q %q]", make([]byte, 65536), "\x00")},
	} {
		out := &pieces{}
		s := &session{conn: &conn{Conn: out}}
		for _, text := range strings.Fields(test.do) {
			do, err := parseStep(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := do(s); err != nil {
				t.Fatal(err)
			}
		}
		want(t, fmt.Sprintf("%q", out.writes), test.want)
	}
}

func TestParseScriptRefuses(t *testing.T) {
	for _, test := range []struct{ do, want string }{
		{"hello", `got step "hello", want one of alert, answer,`},
		{"", `got step "", want one of`},
		{"end:1", `got "1" behind a step, want nothing`},
		{"binary:0", `binary: got "0", want hexadecimal bytes`},
		{"hex:x", `hex: got "x", want hexadecimal bytes`},
		{"close:x", `close: got "x", want a number from 0 to 65535`},
		{"close:65536", `close: got "65536", want a number from 0 to 65535`},
		{"frame:1,2", `frame: got "1,2", want FIN,OPCODE,STRING`},
		{"frame:2,1,x", `frame: FIN: got "2", want a number from 0 to 1`},
		{"frame:1,128,x", `frame: OPCODE: got "128", want a number from 0 to 127`},
		{"zeros:-1", `zeros: got "-1", want a number`},
		{"chunk", `chunk: got "", want a number`},
		{"head:x", `head: got "x", want a number`},
		{"tcp:x", `tcp: got "x", want hexadecimal bytes`},
		{"alert:1", `got "1" behind a step, want nothing`},
		{"endless", `got step "", want one of`},
		{"sleep:x", `sleep: got "x", want a number`},
		{"repeat:x:text:a", `repeat: got "x", want a number`},
		{"repeat:3", `got step "", want one of`},
		{"repeat:3:x", `got step "x", want one of`},
		{"expect:x", `expect: got "x", want nothing, message, close, ping, pong or text:STRING`},
		{"expect:message:x", `expect: got "message:x", want nothing, message,`},
		{"join", "got join, want join and flush in turns"},
		{"flush join", "got flush, join, want join and flush in turns"},
	} {
		q := query{}
		for _, text := range strings.Split(test.do, " ") {
			q = append(q, param{"do", text})
		}
		if _, err := parseScript(q); err == nil {
			t.Errorf("%s: no error", test.do)
		} else {
			wantPart(t, err.Error(), test.want)
		}
	}
}
