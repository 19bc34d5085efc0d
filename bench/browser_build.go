//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A tree is a folder with another version of this module.
type tree struct{ name, dir string }

// trees are given by flags.
type trees []tree

func (t *trees) String() string { return fmt.Sprint(*t) }

// Set adds NAME=DIR, or DIR with the name of its last part. The name is one in URLs too.
func (t *trees) Set(value string) error {
	name, dir, named := strings.Cut(value, "=")
	if !named {
		dir = value
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if !named {
		name = filepath.Base(dir)
	}
	if !regexp.MustCompile(`^[\w.-]+$`).MatchString(name) {
		return fmt.Errorf("got the name %q, want NAME=DIR with letters, digits, '.', '-' and '_' in the name", name)
	}
	if slices.ContainsFunc(pages(*t), func(p page) bool { return p.name == name }) {
		return fmt.Errorf("there is a column %s already: give another name by NAME=DIR", name)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return fmt.Errorf("no module there: %w", err)
	}
	*t = append(*t, tree{name, dir})
	return nil
}

// build compiles the programs of the pages.
func build(pages []page) (map[program][]byte, error) {
	built := map[program][]byte{}
	for _, p := range pages {
		if p.program == (program{}) || built[p.program] != nil {
			continue
		}
		wasm, err := p.program.build()
		if err != nil {
			return nil, err
		}
		built[p.program] = wasm
	}
	return built, nil
}

func (p program) build() ([]byte, error) {
	if p.tree == "" {
		return compile(".", p.pkg)
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	mod := filepath.Join(dir, "go.mod")
	if err := modFileFor(p.tree, mod); err != nil {
		return nil, err
	}
	return compile(".", "-modfile="+mod, "-mod=mod", p.pkg)
}

// modFileFor writes a go.mod for this module with another tree.
func modFileFor(tree, file string) error {
	for _, name := range []string{"go.mod", "go.sum"} {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), name), b, 0o600); err != nil {
			return err
		}
	}
	out, err := exec.Command("go", "mod", "edit", "-replace=github.com/twinsocket/websocket="+tree, file).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go mod edit: %w\n%s", err, out)
	}
	return nil
}

// compile builds a package for js/wasm as programs for the web are built.
func compile(dir string, args ...string) ([]byte, error) {
	out, err := os.CreateTemp("", "bench*.wasm")
	if err != nil {
		return nil, err
	}
	out.Close()
	defer os.Remove(out.Name())
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", out.Name()}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build %s in %s: %w\n%s", strings.Join(args, " "), dir, err, bytes.TrimSpace(said))
	}
	return os.ReadFile(out.Name())
}
