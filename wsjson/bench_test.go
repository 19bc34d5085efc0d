package wsjson_test

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/wsjson"
)

// ways are two of doing the same: this package's, and a program's own over one message's Reader and Writer.
var ways = []struct {
	name  string
	write func(ctx context.Context, s *websocket.WebSocketStream, v any) error
	read  func(ctx context.Context, s *websocket.WebSocketStream, v any) error
}{
	{"wsjson", wsjson.Write, wsjson.Read},
	{"Encoder-Decoder", encodeToWriter, decodeFromReader},
}

func encodeToWriter(ctx context.Context, s *websocket.WebSocketStream, v any) error {
	w, err := s.Writer(ctx, websocket.TextMessage)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return err
	}
	return w.Close()
}

func decodeFromReader(ctx context.Context, s *websocket.WebSocketStream, v any) error {
	r, err := s.Reader(ctx)
	if err != nil {
		return err
	}
	if err := json.NewDecoder(r).Decode(v); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return err
}

var sizes = []int{100, 10_000, 1 << 20}

// BenchmarkEcho writes a value and reads it back. It is one string, so that copying costs as much as encoding.
func BenchmarkEcho(b *testing.B) {
	for _, way := range ways {
		for _, size := range sizes {
			b.Run(way.name+"/"+strconv.Itoa(size), func(b *testing.B) {
				ctx := context.Background()
				s, err := websocket.OpenStream(ctx, server()+"/echo")
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close(1000, "")
				sent, got := strings.Repeat("x", size), ""
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := way.write(ctx, s, &sent); err != nil {
						b.Fatal(err)
					}
					if err := way.read(ctx, s, &got); err != nil || len(got) != size {
						b.Fatal(len(got), err)
					}
				}
			})
		}
	}
}

// BenchmarkDecode decodes the data of an event, as this package does and from a copy.
func BenchmarkDecode(b *testing.B) {
	for _, size := range sizes {
		d := websocket.Text(`"` + strings.Repeat("x", size) + `"`)
		for name, decode := range map[string]func(d websocket.Data, v any) error{
			"wsjson":     wsjson.Decode,
			"from Bytes": func(d websocket.Data, v any) error { return json.Unmarshal(d.Bytes(), v) },
		} {
			b.Run(name+"/"+strconv.Itoa(size), func(b *testing.B) {
				var got string
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := decode(d, &got); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
