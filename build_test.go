//go:build !js

package websocket_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a wasm program must not carry: each of these costs hundreds of kilobytes, and none of them is needed in a browser.
var forbidden = []string{"net/http", "crypto/tls", "net/url", "fmt"}

func TestJSBuildIsFreeOf(t *testing.T) {
	dir := filepath.Join("testdata", "over")
	for _, pkg := range []string{".", "./js", "./native", "./" + dir} {
		list := exec.Command("go", "list", "-deps", pkg)
		list.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		out, err := list.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		deps := strings.Fields(string(out))
		if !slices.Contains(deps, "syscall/js") && pkg != "./native" {
			t.Errorf("%s: the list is not of the js build", pkg)
		}
		for _, f := range forbidden {
			if slices.Contains(deps, f) {
				t.Errorf("%s imports %s in the js build", pkg, f)
			}
		}
	}
}

// A panic in a listener ends the program, with its own message and place.
func TestPanicInAListenerIsNotSwallowed(t *testing.T) {
	run := exec.Command("go", "run", "./testdata/panics", server()+"/echo")
	out, err := run.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "panic: mine") || !strings.Contains(string(out), "main.go:") {
		t.Errorf("got %v\n%s", err, out)
	}
}
