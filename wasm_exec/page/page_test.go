//go:build !js

package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var wasm = bytes.Repeat([]byte("\x00asm"), 1000)

func request(t *testing.T, html []byte, method, path, acceptEncoding string) *httptest.ResponseRecorder {
	t.Helper()
	handler, err := Handler(wasm, html)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, nil)
	if acceptEncoding != "" {
		r.Header.Set("Accept-Encoding", acceptEncoding)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
		mime, part   string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", `<script src="boot.js"`},
		{"GET", "/main.wasm", 200, "application/wasm", "\x00asm"},
		{"HEAD", "/main.wasm", 200, "application/wasm", ""},
		{"GET", "/wasm_exec.js", 200, "text/javascript; charset=utf-8", "globalThis.Go ="},
		{"GET", "/boot.js", 200, "text/javascript; charset=utf-8", "instantiateStreaming"},
		{"GET", "/other", 404, "text/plain; charset=utf-8", "404"},
		{"GET", "/index.html", 404, "text/plain; charset=utf-8", "404"},
		{"POST", "/main.wasm", 405, "text/plain; charset=utf-8", ""},
	} {
		w := request(t, nil, c.method, c.path, "")
		mime := w.Header().Get("Content-Type")
		if w.Code != c.status || mime != c.mime || !strings.Contains(w.Body.String(), c.part) {
			t.Errorf("%s %s: got %d, %s, %.40q, want %d, %s, %q", c.method, c.path, w.Code, mime, w.Body, c.status, c.mime, c.part)
		}
	}
}

func TestHandlerServesOwnPage(t *testing.T) {
	if got := request(t, []byte("mine"), "GET", "/", "").Body.String(); got != "mine" {
		t.Errorf("got %q, want mine", got)
	}
}

func TestGzip(t *testing.T) {
	for accept, want := range map[string]string{
		"":                         "",
		"gzip":                     "gzip",
		"deflate, GZIP;q=0.5, br":  "gzip",
		"br, gzip;q=0":             "",
		"gzip;q=0.000":             "",
		"x-gzip, identity":         "",
		"gzip, deflate, br, zstd ": "gzip",
	} {
		w := request(t, nil, "GET", "/main.wasm", accept)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", accept, got, want)
			continue
		}
		body := io.Reader(w.Body)
		if want == "gzip" {
			var err error
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, wasm) {
			t.Errorf("Accept-Encoding %q: got %d bytes, %v, want %d", accept, len(got), err, len(wasm))
		}
	}
}

func TestUnchangedProgramIsNotSentAgain(t *testing.T) {
	handler, err := Handler(wasm, nil)
	if err != nil {
		t.Fatal(err)
	}
	first := httptest.NewRecorder()
	handler.ServeHTTP(first, httptest.NewRequest("GET", "/main.wasm", nil))
	again := httptest.NewRequest("GET", "/main.wasm", nil)
	again.Header.Set("If-None-Match", first.Header().Get("Etag"))
	second := httptest.NewRecorder()
	handler.ServeHTTP(second, again)
	if second.Code != http.StatusNotModified {
		t.Errorf("got status %d, want 304", second.Code)
	}
}

func TestBuild(t *testing.T) {
	got, err := Build(t.Context(), "../testdata/program")
	if err != nil || !bytes.HasPrefix(got, []byte("\x00asm")) {
		t.Errorf("got %.10q, %v, want a wasm binary", got, err)
	}
	_, err = Build(t.Context(), "./nowhere")
	if err == nil || !strings.Contains(err.Error(), "go build ./nowhere") || !strings.Contains(err.Error(), "no such file") && !strings.Contains(err.Error(), "not found") {
		t.Errorf("got error %v, want what the compiler said", err)
	}
}
