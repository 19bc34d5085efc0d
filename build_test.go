//go:build !js

package websocket_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What a wasm program must not carry: each of these costs hundreds of kilobytes, and none of them is needed in a browser.
var forbidden = []string{"net/http", "crypto/tls", "net/url", "fmt"}

func TestJSBuildIsFreeOf(t *testing.T) {
	dir := filepath.Join("testdata", "over")
	for _, pkg := range []string{".", "./js", "./native", "./reconnect", "./heartbeat", "./" + dir} {
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
	wasm := filepath.Join(t.TempDir(), "panics.wasm")
	build := exec.Command("go", "build", "-o", wasm, "./testdata/panics")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for engine, command := range map[string][]string{
		"natively":     {"run", "./testdata/panics", server() + "/echo"},
		"in a browser": {"run", "./wasm_exec", "run", wasm, server() + "/echo"},
	} {
		t.Run(engine, func(t *testing.T) {
			out, err := exec.Command("go", command...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), "panic: mine") || !strings.Contains(string(out), "main.go:") {
				t.Errorf("got %v\n%s", err, out)
			}
		})
	}
}

// The README's table of departures from the Standard has a row for each "Deviation:" in the code, and for nothing else.
func TestDeviationsAreInTheReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Where this departs from the Standard\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(section, -1) {
		listed = append(listed, row[1])
	}
	found := deviations(t)
	slices.Sort(listed)
	slices.Sort(found)
	if len(found) == 0 || !slices.Equal(listed, found) {
		t.Errorf("the README lists\n%q\nthe code has\n%q", listed, found)
	}
}

// deviations names the declarations whose comments say "Deviation:".
func deviations(t *testing.T) (names []string) {
	for _, dir := range []string{".", "js", "native"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no Go files in %s: %v", dir, err)
		}
		prefix := ""
		if dir != "." {
			prefix = dir + "."
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, name := range deviationsIn(t, file) {
				names = append(names, prefix+name)
			}
		}
	}
	return names
}

func deviationsIn(t *testing.T, file string) (names []string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	says := func(doc *ast.CommentGroup) bool { return strings.Contains(doc.Text(), "Deviation:") }
	note := func(doc *ast.CommentGroup, name string) {
		if says(doc) {
			names = append(names, name)
		}
	}
	for _, decl := range parsed.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			note(d.Doc, receiver(d)+d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					note(s.Doc, s.Names[0].Name)
				case *ast.TypeSpec:
					note(d.Doc, s.Name.Name)
					for _, m := range members(s.Type) {
						note(m.Doc, s.Name.Name+"."+m.Names[0].Name)
					}
				}
			}
		}
	}
	all := 0
	for _, comment := range parsed.Comments {
		if says(comment) {
			all++
		}
	}
	if all != len(names) {
		t.Errorf("%s: %d deviations, of which these stand on a declaration: %q", file, all, names)
	}
	return names
}

// receiver is "T." for a method of T or *T.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name + "."
	}
	return "" // a generic type, which is none of the API's
}

// members are the named fields or methods of a type.
func members(typ ast.Expr) (named []*ast.Field) {
	var list *ast.FieldList
	switch s := typ.(type) {
	case *ast.InterfaceType:
		list = s.Methods
	case *ast.StructType:
		list = s.Fields
	default:
		return nil
	}
	for _, f := range list.List {
		if len(f.Names) > 0 {
			named = append(named, f)
		}
	}
	return named
}

// Every exported name of the API says what it is; a field may share its neighbour's words.
func TestExportedNamesAreDocumented(t *testing.T) {
	files := token.NewFileSet()
	for _, name := range slices.Concat(goFiles(t, "."), goFiles(t, "reconnect"), goFiles(t, "heartbeat"), goFiles(t, "netconn"),
		goFiles(t, "wsjson")) {
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		undocumented := func(at ast.Node, name *ast.Ident, docs ...*ast.CommentGroup) {
			if name.IsExported() && !slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d != nil }) {
				t.Errorf("%s: %s has no documentation", files.Position(at.Pos()), name.Name)
			}
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if receiver := receiver(d); receiver == "" || ast.IsExported(receiver) || receiver == "event." {
					undocumented(d, d.Name, d.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.ValueSpec:
						undocumented(s, s.Names[0], s.Doc, s.Comment, d.Doc)
					case *ast.TypeSpec:
						undocumented(s, s.Name, s.Doc, d.Doc)
						var before *ast.CommentGroup
						for _, m := range members(s.Type) {
							undocumented(m, m.Names[0], m.Doc, m.Comment, before)
							if m.Doc != nil {
								before = m.Doc
							}
						}
					}
				}
			}
		}
	}
}

// goFiles are the files of the package in a directory, for both targets, without the tests.
func goFiles(t *testing.T, dir string) (names []string) {
	all, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}
