package websocket_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/twinsocket/websocket"
)

func TestBlob(t *testing.T) {
	b := []byte("héllo")
	blob := websocket.NewBlob(b, "Text/PLAIN")
	b[0] = 'x'
	got, err := blob.Bytes()
	if blob.Size() != 6 || blob.Type() != "text/plain" || string(got) != "héllo" || err != nil {
		t.Errorf("got %d %q %q %v", blob.Size(), blob.Type(), got, err)
	}
	copy(got, "gone")
	if text, err := blob.Text(); text != "héllo" || err != nil {
		t.Errorf("changing what Bytes returned made it %q, %v", text, err)
	}
	if typ := websocket.NewBlob(nil, "a\u00e9").Type(); typ != "" {
		t.Errorf("got the type %q, want none", typ)
	}
}

func TestZeroBlobIsEmpty(t *testing.T) {
	var none websocket.Blob
	got, err := none.Bytes()
	if none.Size() != 0 || none.Type() != "" || len(got) != 0 || err != nil {
		t.Errorf("got %d %q %v %v", none.Size(), none.Type(), got, err)
	}
	if text, err := none.Text(); text != "" || err != nil {
		t.Errorf("Text: got %q, %v", text, err)
	}
	if n, err := none.ReadAt(make([]byte, 1), 0); n != 0 || err != io.EOF {
		t.Errorf("ReadAt: got %d, %v", n, err)
	}
	if s := none.Slice(0, 5, "a/b"); s.Size() != 0 || s.Type() != "a/b" {
		t.Errorf("Slice: got %d %q", s.Size(), s.Type())
	}
	if d := websocket.FromBlob(nil); d.Size() != 0 || d.Blob() == nil || d.IsText() {
		t.Errorf("FromBlob(nil): got %+v", d)
	}
}

// File API, 3.3.1: positions from the end are negative, those beyond are the end, and none is an error.
func TestBlobSlice(t *testing.T) {
	blob := websocket.NewBlob([]byte("0123456789"), "a/b")
	for _, c := range []struct {
		start, end int64
		want       string
	}{
		{0, 10, "0123456789"}, {2, 5, "234"}, {0, 0, ""}, {-3, 10, "789"}, {-3, -1, "78"}, {5, 2, ""}, {5, -5, ""},
		{-100, 3, "012"}, {8, 100, "89"}, {100, 200, ""}, {0, -100, ""}, {-1 << 63, 1<<63 - 1, "0123456789"},
	} {
		s := blob.Slice(c.start, c.end, "")
		if text, err := s.Text(); text != c.want || err != nil || s.Size() != int64(len(c.want)) || s.Type() != "" {
			t.Errorf("Slice(%d, %d): got %q, %v, size %d, type %q, want %q", c.start, c.end, text, err, s.Size(), s.Type(), c.want)
		}
	}
	if typ := blob.Slice(0, 1, "Image/PNG").Type(); typ != "image/png" {
		t.Errorf("got the type %q", typ)
	}
	if text, _ := blob.Slice(2, 8, "").Slice(-4, -1, "").Text(); text != "456" {
		t.Errorf("a slice of a slice: got %q", text)
	}
}

// Encoding Standard, "UTF-8 decode": each longest beginning of a character that does not end as one is one U+FFFD.
func TestBlobTextIsDecoded(t *testing.T) {
	for _, c := range []struct{ bytes, want string }{
		{"", ""}, {"héllo €😀", "héllo €😀"}, {"\xEF\xBB\xBFa", "a"}, {"\xEF\xBB\xBF\uFEFFa", "\uFEFFa"}, {"\xEF\xBB", "\uFFFD"},
		{"a\xFFb", "a\uFFFDb"}, {"\xE2\x82", "\uFFFD"}, {"\xE2\x82a", "\uFFFDa"}, {"\xE2\x82\xE2\x82\xAC", "\uFFFD€"},
		{"\xF0\x9F\x98", "\uFFFD"}, {"\xF0\x9F\x98\xFF", "\uFFFD\uFFFD"}, {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
		{"\xC0\x80", "\uFFFD\uFFFD"}, {"\xE0\x80\x80", "\uFFFD\uFFFD\uFFFD"}, {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"\x80\x80", "\uFFFD\uFFFD"}, {"\xF1\x80\x80\xE1\x80\xC2b\x80c", "\uFFFD\uFFFD\uFFFDb\uFFFDc"},
	} {
		blob := websocket.NewBlob([]byte(c.bytes), "")
		if got, err := blob.Text(); got != c.want || err != nil {
			t.Errorf("%+q: got %+q, %v, want %+q", c.bytes, got, err, c.want)
		}
		if want, ok := decodedByTheBrowser(t, blob); ok && want != c.want {
			t.Errorf("%+q: the browser's text() gives %+q, the table has %+q", c.bytes, want, c.want)
		}
	}
}

func TestBlobReadAt(t *testing.T) {
	blob := websocket.NewBlob([]byte("0123456789"), "")
	for _, c := range []struct {
		off    int64
		length int
		want   string
		err    error
	}{
		{0, 4, "0123", nil}, {6, 4, "6789", nil}, {8, 4, "89", io.EOF}, {10, 1, "", io.EOF}, {100, 1, "", io.EOF}, {3, 0, "", nil}, {100, 0, "", nil},
	} {
		p := make([]byte, c.length)
		if n, err := blob.ReadAt(p, c.off); string(p[:n]) != c.want || err != c.err && (err != nil || c.off+int64(n) != blob.Size()) {
			t.Errorf("ReadAt(%d bytes, %d): got %q, %v, want %q, %v", c.length, c.off, p[:n], err, c.want, c.err)
		}
	}
	if n, err := blob.ReadAt(make([]byte, 1), -1); n != 0 || !errors.Is(err, websocket.ErrSyntax) {
		t.Errorf("a negative offset: got %d, %v", n, err)
	}
}

func TestBlobReader(t *testing.T) {
	content := []byte(strings.Repeat("0123456789", 100))
	blob := websocket.NewBlob(content, "")
	if err := iotest.TestReader(blob.Reader(), content); err != nil {
		t.Error(err)
	}
	part := blob.Slice(5, -5, "").Reader()
	if got, err := io.ReadAll(part); string(got) != string(content[5:995]) || err != nil {
		t.Errorf("a slice: got %d bytes, %v", len(got), err)
	}
}

func TestBlobsKeepTheirPlaceAmongMessages(t *testing.T) {
	blob := websocket.NewBlob([]byte("héllo"), "")
	d := websocket.FromBlob(blob)
	if d.IsText() || d.IsBinary() || d.Blob() != blob || d.Size() != 6 || d.Text() != "" || d.Bytes() != nil {
		t.Errorf("got %+v", d)
	}
	big := websocket.FromBlob(websocket.NewBlob(make([]byte, 3<<20), ""))
	row{url: "/echo?", before: func(s *socket) { s.SetBinaryType(websocket.BlobType) }, on: does{"open": func(s *socket) {
		for _, d := range []websocket.Data{
			websocket.Text("first"), d, websocket.Text("second"), websocket.FromBlob(new(websocket.Blob)), websocket.Binary([]byte{1}),
			websocket.FromBlob(blob.Slice(1, 3, "")), big, websocket.Text("last"),
		} {
			must(s.t, s.Send(d))
		}
	}, "text:last": closes(1000, ""), "close": func(s *socket) {
		must(s.t, s.Send(big)) // dropped and counted
		s.note(fmt.Sprint(s.BufferedAmount()))
	}},
		want: "open/1 text:first/1 blob:6/1 text:second/1 blob:0/1 blob:1/1 blob:2/1 message#3145728/1 text:last/1 close:1000::true/3 3145728",
		sent: "request text:first binary:68c3a96c6c6f text:second binary: binary:01 binary:c3a9 binary#3145728:sha1=" + sha1Of3MiBOfZeros +
			" text:last close:1000: server"}.run(t)
}

const sha1Of3MiBOfZeros = "1e5f8def40bb0cb0f7156b9c2bab9efb49cfb699"

func TestReceivedBlobHasItsBytes(t *testing.T) {
	row{url: "/send?binary=0001ff", before: func(s *socket) {
		s.SetBinaryType(websocket.BlobType)
		s.OnMessage(func(e *websocket.MessageEvent) {
			b, err := e.Data.Blob().Bytes() // waits, in a listener
			s.note(fmt.Sprintf("%x %v %q", b, err, e.Data.Blob().Type()))
			closes(1000, "")(s)
		})
	}, want: `open/1 blob:3/1 0001ff <nil> "" close:1000::true/3`}.run(t)
}

// A Blob that came is the program's for good: after other messages, after the end.
func TestReceivedBlobOutlivesItsSocket(t *testing.T) {
	var kept []*websocket.Blob
	row{url: "/send?binary=01&binary=02&close=1000", before: func(s *socket) {
		s.SetBinaryType(websocket.BlobType)
		s.OnMessage(func(e *websocket.MessageEvent) { kept = append(kept, e.Data.Blob()) })
	}, want: "open/1 blob:1/1 blob:1/1 close:1000::true/3"}.run(t)
	for i, b := range kept {
		if got, err := b.Bytes(); len(got) != 1 || int(got[0]) != i+1 || err != nil {
			t.Errorf("Blob %d: got %x, %v", i, got, err)
		}
	}
}
