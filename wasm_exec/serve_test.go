//go:build !js

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/twinsocket/websocket/wasm_exec/page"
)

// tlsServer returns the URL of a server and the hash of its public key.
func tlsServer(t *testing.T, handler http.HandlerFunc) (url, spki string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail on purpose
	server.StartTLS()
	t.Cleanup(server.Close)
	hash := sha256.Sum256(server.Certificate().RawSubjectPublicKeyInfo)
	return server.URL, base64.StdEncoding.EncodeToString(hash[:])
}

func buildProgram(t *testing.T) string {
	t.Helper()
	wasm, err := page.Build(t.Context(), "./testdata/program")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "program.wasm")
	if err := os.WriteFile(path, wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServeUntilInterrupted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no process can be interrupted")
	}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "more.txt"), []byte("more"), 0o600)
	os.WriteFile(filepath.Join(dir, "my.html"), []byte("my page"), 0o600)
	cmd, out := wasmExecCommand(t, nil, "serve", "-addr", "127.0.0.1:0",
		"-html", filepath.Join(dir, "my.html"), "-dir", dir, "./testdata/program")
	cmd.Stdout = nil
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("no URL: %v, %s", err, out)
	}
	url = strings.TrimSpace(url)
	for path, want := range map[string]string{"": "my page", "more.txt": "more", "main.wasm": "\x00asm", "wasm_exec.js": "//"} {
		if got := get(t, url+path); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %.20q, want %q", path, got, want)
		}
	}
	cmd.Process.Signal(os.Interrupt)
	if out, code := finish(t, cmd.Wait(), out); code != 0 || out != "" {
		t.Errorf("got exit code %d and %q, want 0 and nothing", code, out)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestServeFailures(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	for _, c := range []struct{ args, want string }{
		{"-addr " + addr + " ./testdata/program", addr},
		{"-addr " + addr + " ./testdata/program", "any free port: -addr 127.0.0.1:0"},
		{"-addr 127.0.0.1:0 ./nowhere", "go build ./nowhere"},
		{"-addr 127.0.0.1:0 nowhere.wasm", "nowhere.wasm"},
		{"-addr 127.0.0.1:0 -html nowhere.html ./testdata/program", "nowhere.html"},
	} {
		out, code := wasmExec(t, nil, append([]string{"serve"}, strings.Fields(c.args)...)...)
		if code != 1 || !strings.Contains(out, c.want) {
			t.Errorf("%s: got exit code %d and %q, want 1 and %q", c.args, code, out, c.want)
		}
	}
}

func TestPageURL(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:80": "http://127.0.0.1:80/",
		"[::1]:80":     "http://[::1]:80/",
		"0.0.0.0:80":   "http://localhost:80/",
		"[::]:80":      "http://localhost:80/",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := pageURL(tcp); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// reportJS posts each text of the element #status, and breaches of the policy.
const reportJS = `
const report = text => fetch("report", { method: "POST", body: text });
const status = document.getElementById("status");
new MutationObserver(() => report(status.textContent)).observe(status, { childList: true });
document.addEventListener("securitypolicyviolation", e => report("violation of " + e.effectiveDirective));
`

func TestDefaultPageInTheBrowser(t *testing.T) {
	t.Parallel()
	browser := browserOrFail(t)
	program, err := os.ReadFile(buildProgram(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		wasm       []byte
	}{
		{"ended", "The program has ended with exit code 7.", program},
		{"broken", "The program could not run: WebAssembly.instantiateStreaming()", program[:len(program)/2]},
	} {
		t.Run(c.name, func(t *testing.T) {
			reports := make(chan string, 10)
			browse(t, browser, reportingPage(t, c.wasm, reports))
			for timeout := time.After(30 * time.Second); ; {
				select {
				case got := <-reports:
					if strings.HasPrefix(got, c.want) {
						return
					}
					if got != "" {
						t.Fatalf("got status %q, want %q", got, c.want)
					}
				case <-timeout:
					t.Fatalf("no status, want %q", c.want)
				}
			}
		})
	}
}

// reportingPage serves the default page, with a strict policy, and sends on
// what it shows.
func reportingPage(t *testing.T, wasm []byte, reports chan<- string) string {
	t.Helper()
	defaults, err := page.Handler(wasm, nil)
	if err != nil {
		t.Fatal(err)
	}
	original := httptest.NewRecorder()
	defaults.ServeHTTP(original, httptest.NewRequest("GET", "/", nil))
	html := bytes.Replace(original.Body.Bytes(), []byte("</body>"), []byte(`<script src="report.js"></script></body>`), 1)
	mux, err := page.Handler(wasm, html)
	if err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("/report.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		io.WriteString(w, reportJS)
	})
	mux.HandleFunc("/report", func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		reports <- string(text)
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-src 'self' 'wasm-unsafe-eval'")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// browse opens url until the test ends.
func browse(t *testing.T, browser, url string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "wasm")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer removeAll(dir)
		browseIn(ctx, dir, browser, url)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

func browseIn(ctx context.Context, dir, browser, url string) {
	flags := append(browserFlags(os.Geteuid() == 0, os.Getenv), "--headless", "--remote-debugging-port=0", "--user-data-dir="+dir, url)
	cmd := exec.Command(browser, flags...)
	cmd.Env = with(os.Environ(), "TMPDIR="+dir)
	supervise(ctx, cmd, killGroup, killGroup, stopDelay)
}
