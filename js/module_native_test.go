//go:build !js

package js

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write module_code.go anew")

// The module that programs carry is what its source says. make module writes it.
func TestModuleIsMadeOfItsSource(t *testing.T) {
	if _, err := exec.LookPath("wat2wasm"); err != nil {
		t.Skip("wat2wasm is not installed, which make wabt does")
	}
	file := filepath.Join(t.TempDir(), "module.wasm")
	if out, err := exec.Command("wat2wasm", "--enable-exceptions", "module.wat", "-o", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("module_code.go", goSource(made), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if string(made) != moduleCode {
		t.Error("module_code.go is not made of module.wat: run make module")
	}
}

func goSource(code []byte) []byte {
	var b bytes.Buffer
	b.WriteString("// Code generated from module.wat by make module. DO NOT EDIT.\n\npackage js\n\nconst moduleCode = \"\"")
	for i, c := range code {
		if i%32 == 0 {
			b.WriteString(" +\n\t\"")
		}
		fmt.Fprintf(&b, "\\x%02x", c)
		if i%32 == 31 || i == len(code)-1 {
			b.WriteString("\"")
		}
	}
	b.WriteString("\n")
	return b.Bytes()
}
