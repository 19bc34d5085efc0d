//go:build !js

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// fake is a system with some programs, which can be broken, and an apt archive.
type fake struct {
	goos     string
	user     bool // not root
	sudo     bool
	env      map[string]string
	programs []string
	broken   []string
	archive  string // what apt-cache shows
	failing  string // an apt-get command that fails
	ran      []string
}

func (f *fake) system() system {
	has := func(path string) bool { return slices.Contains(f.programs, path) }
	return system{
		goos:   f.goos,
		root:   !f.user,
		getenv: func(name string) string { return f.env[name] },
		lookPath: func(file string) (string, error) {
			for _, path := range []string{file, "/usr/bin/" + file} {
				if has(path) {
					return path, nil
				}
			}
			return "", errors.New("not found")
		},
		exists:  has,
		output:  f.output,
		install: f.install,
		log:     func(string, ...any) {},
	}
}

func (f *fake) output(name string, args ...string) (string, error) {
	switch {
	case name == "sudo" && !f.sudo, slices.Contains(f.broken, name):
		return "", errors.New("exit status 1")
	case name == "apt-cache":
		return f.archive, nil
	}
	return "", nil
}

func (f *fake) install(name string, args ...string) error {
	command := strings.Join(append([]string{name}, args...), " ")
	f.ran = append(f.ran, command)
	if f.failing != "" && strings.Contains(command, f.failing) {
		return errors.New("exit status 100")
	}
	if strings.Contains(command, "install") {
		f.programs = append(f.programs, "/usr/bin/chromium")
	}
	return nil
}

func TestFindOrInstall(t *testing.T) {
	const apt = "/usr/bin/apt-get"
	const debian = "Package: chromium\nVersion: 156.0\n"
	const update = "env DEBIAN_FRONTEND=noninteractive apt-get update"
	const install = "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium"
	for _, c := range []struct {
		name string
		fake fake
		want string // the path, or a part of the error
		ran  []string
	}{
		{name: "CHROME comes first",
			fake: fake{goos: "linux", env: map[string]string{"CHROME": "/opt/c"}, programs: []string{"/usr/bin/chromium", "/opt/c"}},
			want: "/opt/c"},
		{name: "CHROME does not exist",
			fake: fake{goos: "linux", env: map[string]string{"CHROME": "/opt/c"}, programs: []string{"/usr/bin/chromium", apt}, archive: debian},
			want: "CHROME=/opt/c is no program"},
		{name: "in PATH",
			fake: fake{goos: "linux", programs: []string{"/usr/bin/google-chrome-stable", apt}},
			want: "/usr/bin/google-chrome-stable"},
		{name: "headless shell only",
			fake: fake{goos: "linux", programs: []string{"/usr/bin/headless_shell"}},
			want: "/usr/bin/headless_shell"},
		{name: "pointer to a snap is passed over",
			fake: fake{goos: "linux", programs: []string{"/usr/bin/chromium-browser", "/usr/bin/chrome"}, broken: []string{"/usr/bin/chromium-browser"}},
			want: "/usr/bin/chrome"},
		{name: "macOS application",
			fake: fake{goos: "darwin", programs: []string{"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}},
			want: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"},
		{name: "macOS application of the user",
			fake: fake{goos: "darwin", env: map[string]string{"HOME": "/Users/u"}, programs: []string{"/Users/u/Applications/Chromium.app/Contents/MacOS/Chromium"}},
			want: "/Users/u/Applications/Chromium.app/Contents/MacOS/Chromium"},
		{name: "macOS without",
			fake: fake{goos: "darwin"},
			want: "set CHROME"},
		{name: "Windows",
			fake: fake{goos: "windows", env: map[string]string{"ProgramFiles": `C:\Program Files`}, programs: []string{`C:\Program Files\Google\Chrome\Application\chrome.exe`}},
			want: `C:\Program Files\Google\Chrome\Application\chrome.exe`},
		{name: "Debian as root",
			fake: fake{goos: "linux", programs: []string{apt}, archive: debian},
			want: "/usr/bin/chromium", ran: []string{update, install}},
		{name: "Debian with sudo",
			fake: fake{goos: "linux", user: true, sudo: true, programs: []string{apt}, archive: debian},
			want: "/usr/bin/chromium", ran: []string{"sudo -n " + update, "sudo -n " + install}},
		{name: "Debian as a user",
			fake: fake{goos: "linux", user: true, programs: []string{apt}, archive: debian},
			want: "that needs root"},
		{name: "Ubuntu with the pointer to a snap",
			fake: fake{goos: "linux", programs: []string{apt, "/usr/bin/chromium-browser"}, broken: []string{"/usr/bin/chromium-browser"},
				archive: "Package: chromium\nDescription: Transitional package - chromium snap\n"},
			want: "Ubuntu: Google's .deb", ran: []string{update}},
		{name: "Ubuntu without the package",
			fake: fake{goos: "linux", programs: []string{apt}},
			want: "perhaps a snap", ran: []string{update}},
		{name: "no network",
			fake: fake{goos: "linux", programs: []string{apt}, archive: debian, failing: "update"},
			want: "apt-get update: exit status 100", ran: []string{update}},
		{name: "package does not install",
			fake: fake{goos: "linux", programs: []string{apt}, archive: debian, failing: "install"},
			want: "apt-get install chromium: exit status 100", ran: []string{update, install}},
		{name: "installed but broken",
			fake: fake{goos: "linux", programs: []string{apt}, archive: debian, broken: []string{"/usr/bin/chromium"}},
			want: "set CHROME", ran: []string{update, install}},
		{name: "no apt-get",
			fake: fake{goos: "linux"},
			want: "no apt-get"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.HasPrefix(c.name, "macOS") {
				t.Skip("paths have other separators here")
			}
			got, err := c.fake.system().findOrInstall()
			if err != nil {
				got = err.Error()
			}
			if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if !slices.Equal(c.fake.ran, c.ran) {
				t.Errorf("ran %q, want %q", c.fake.ran, c.ran)
			}
		})
	}
}

func TestFindInstallsNothing(t *testing.T) {
	f := fake{goos: "linux", programs: []string{"/usr/bin/apt-get"}, archive: "Package: chromium\n"}
	if _, err := f.system().find(); !errors.Is(err, errNoBrowser) || f.ran != nil {
		t.Errorf("got error %v after running %q, want errNoBrowser", err, f.ran)
	}
}

func TestBrowserFlags(t *testing.T) {
	env := map[string]string{"TESTSERVER_SPKI": "a=,b=", "WASM_EXEC_CHROME_FLAGS": " --x  --y=1 "}
	for _, c := range []struct {
		root bool
		env  map[string]string
		want []string
		not  string
	}{
		{false, nil, []string{"--disable-gpu", "--disable-renderer-backgrounding"}, "--no-sandbox"},
		{true, nil, []string{"--no-sandbox"}, "--ignore-certificate-errors-spki-list="},
		{true, env, []string{"--no-sandbox", "--ignore-certificate-errors-spki-list=a=,b=", "--x", "--y=1"}, ""},
	} {
		got := browserFlags(c.root, func(name string) string { return c.env[name] })
		for _, want := range c.want {
			if !slices.Contains(got, want) {
				t.Errorf("got %q, want %s", got, want)
			}
		}
		if slices.Contains(got, c.not) {
			t.Errorf("got %q, want no %s", got, c.not)
		}
	}
}

func TestBrowserDirRunsBrowserWithFlags(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no sh")
	}
	dir := t.TempDir()
	browser := filepath.Join(dir, "it's a browser")
	script := "#!/bin/sh\nprintf '%s|' \"$PATH\" \"$@\"\n"
	if err := os.WriteFile(browser, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	path, err := browserDir("linux", dir, browser, "/bin:/it's", []string{"--a", "--b=$HOME 'c'"})
	if err != nil || path != dir {
		t.Fatalf("got %q, %v, want %q", path, err, dir)
	}
	for _, name := range []string{"headless_shell", "google-chrome"} {
		out, err := exec.Command(filepath.Join(dir, name), "--headless", "about:blank").Output()
		if want := "/bin:/it's|--headless|about:blank|--a|--b=$HOME 'c'|"; string(out) != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", name, out, err, want)
		}
	}
}

func TestBrowserDirOnWindows(t *testing.T) {
	browser := filepath.Join("some", "folder", "chrome.exe")
	path, err := browserDir("windows", "unused", browser, "", nil)
	if want := filepath.Join("some", "folder"); path != want || err != nil {
		t.Errorf("got %q, %v, want %q", path, err, want)
	}
}

func TestProgramEnv(t *testing.T) {
	got := programEnv([]string{
		"HOME=/h", "PATH=/bin", "TMPDIR=/tmp", "SECRET=x", "GODEBUG=a=b", "GOMAXPROCS=1", "TESTSERVER_URL=u",
		"TESTSERVERS=x", "LC_ALL=C", "SystemRoot=C:", "A=1", "AB=2", "B=", "WASM_EXEC_ENV=A,B", "CHROME=/c", "BASH_FUNC_x%%=() {}",
	})
	want := []string{"HOME=/h", "GODEBUG=a=b", "GOMAXPROCS=1", "TESTSERVER_URL=u", "LC_ALL=C", "SystemRoot=C:", "A=1", "B="}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheckSize(t *testing.T) {
	value := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		args, env []string
		want      string
	}{
		{[]string{"a.wasm"}, []string{"A=" + value(8000)}, ""},
		{[]string{"a.wasm"}, []string{"SHORT=1", "LONG=" + value(9000)}, "variables LONG, SHORT"},
		{[]string{value(9000)}, nil, "take 9032 bytes, want less than 8192"},
		{nil, slices.Repeat([]string{"A=1"}, 600), "take 9616 bytes"},
	} {
		if got := fmt.Sprint(checkSize(c.args, c.env)); !strings.Contains(got, c.want) || c.want == "" && got != "<nil>" {
			t.Errorf("got error %q, want %q", got, c.want)
		}
	}
}
