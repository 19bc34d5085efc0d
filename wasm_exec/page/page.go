//go:build !js

package page

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html
var defaultHTML []byte

//go:embed boot.js
var bootJS []byte

// Build compiles the package pkg for js/wasm with the go command in PATH and
// returns the binary. What the compiler says is in the error.
func Build(ctx context.Context, pkg string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "page")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "main.wasm")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, "--", pkg)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	// Interrupted, the go command removes its own temporary files; killed, it leaves them.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build %s: %w\n%s", pkg, err, bytes.TrimSpace(out))
	}
	return os.ReadFile(file)
}

// Handler serves the page at /, with the scripts and the program that it loads
// at /boot.js, /wasm_exec.js and /main.wasm. The caller may add more to the mux.
// Without html it is a default page.
//
// A page of your own needs <script src="wasm_exec.js"></script> and
// <script src="boot.js" defer></script>, and where it has an element with the id
// "status" that shows what goes wrong. The policy
// script-src 'self' 'wasm-unsafe-eval' allows all of it.
func Handler(wasm, html []byte) (*http.ServeMux, error) {
	execJS, err := wasmExecJS()
	if err != nil {
		return nil, err
	}
	if html == nil {
		html = defaultHTML
	}
	mux := http.NewServeMux()
	for pattern, f := range map[string]file{
		"GET /{$}":          {"text/html; charset=utf-8", html},
		"GET /boot.js":      {"text/javascript; charset=utf-8", bootJS},
		"GET /wasm_exec.js": {"text/javascript; charset=utf-8", execJS},
		"GET /main.wasm":    {"application/wasm", wasm},
	} {
		mux.Handle(pattern, f.handler())
	}
	return mux, nil
}

// GOROOT returns the root of the toolchain that the go command in PATH uses here.
func GOROOT(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// wasmExecJS reads the toolchain's script, which must be of the version that
// compiled the program.
func wasmExecJS() ([]byte, error) {
	goroot, err := GOROOT(context.Background())
	if err != nil {
		return nil, err
	}
	js, err := os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
	if errors.Is(err, fs.ErrNotExist) {
		// Before Go 1.24.
		js, err = os.ReadFile(filepath.Join(goroot, "misc", "wasm", "wasm_exec.js"))
	}
	return js, err
}

// file is content with its type.
type file struct {
	mime    string
	content []byte
}

func (f file) handler() http.Handler {
	zipped := zip(f.content)
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256(f.content))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", f.mime)
		h.Set("Cache-Control", "no-cache") // The next build has the same URL.
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			h.Set("Etag", "W/"+etag)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(zipped))
			return
		}
		h.Set("Etag", etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
	})
}

func zip(content []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(content) // A bytes.Buffer never fails.
	w.Close()
	return buf.Bytes()
}

// acceptsGzip tells whether gzip is in an Accept-Encoding, and not with weight 0.
func acceptsGzip(header []string) bool {
	for coding := range strings.SplitSeq(strings.Join(header, ","), ",") {
		name, params, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		weight, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !ok || err == nil && q > 0
	}
	return false
}
