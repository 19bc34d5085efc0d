//go:build !js

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// system is what the search for a browser needs to know and may do; tests fake it.
type system struct {
	goos     string
	root     bool
	getenv   func(name string) string
	lookPath func(file string) (string, error)
	exists   func(path string) bool
	output   func(name string, args ...string) (string, error) // of a short command
	install  func(name string, args ...string) error           // a long one, its output on stderr
	log      func(format string, args ...any)
}

func thisSystem() system {
	return system{
		goos:     runtime.GOOS,
		root:     os.Geteuid() == 0,
		getenv:   os.Getenv,
		lookPath: exec.LookPath,
		exists:   exists,
		output:   output,
		install:  onStderr,
		log:      func(format string, args ...any) { fmt.Fprintf(os.Stderr, "wasm_exec: "+format+"\n", args...) },
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func output(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	return string(out), err
}

func onStderr(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// errNoBrowser says what to do on a system where nothing can be installed for the user.
var errNoBrowser = errors.New("no Chrome or Chromium found: install one (Debian: apt-get install chromium; " +
	"Ubuntu: Google's .deb, as its own chromium is a snap; others: https://www.google.com/chrome/), " +
	"or set CHROME to the path of one")

// findOrInstall returns the path of a browser that works, installing one if need be.
func (s system) findOrInstall() (string, error) {
	path, err := s.find()
	if !errors.Is(err, errNoBrowser) {
		return path, err
	}
	if err := s.aptInstall(); err != nil {
		return "", fmt.Errorf("%w (%v)", errNoBrowser, err)
	}
	return s.find()
}

// find returns the path of a browser that works.
func (s system) find() (string, error) {
	if path := s.getenv("CHROME"); path != "" {
		found, err := s.lookPath(path)
		if err != nil {
			return "", fmt.Errorf("CHROME=%s is no program: %v", path, err)
		}
		return found, nil
	}
	for _, candidate := range s.candidates() {
		if path, err := s.lookPath(candidate); err == nil && s.works(path) {
			return path, nil
		}
	}
	return "", errNoBrowser
}

// candidates are the names to look for in PATH, then the paths.
func (s system) candidates() []string {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
		"headless_shell", "headless-shell", "chrome-headless-shell", "google-chrome-beta", "google-chrome-unstable"}
	switch s.goos {
	case "darwin":
		for _, dir := range []string{"/Applications", filepath.Join(s.getenv("HOME"), "Applications")} {
			names = append(names,
				filepath.Join(dir, "Google Chrome.app/Contents/MacOS/Google Chrome"),
				filepath.Join(dir, "Chromium.app/Contents/MacOS/Chromium"))
		}
	case "windows":
		for _, env := range []string{"ProgramFiles", "ProgramFiles(x86)", "LocalAppData"} {
			if dir := s.getenv(env); dir != "" {
				names = append(names, dir+`\Google\Chrome\Application\chrome.exe`, dir+`\Chromium\Application\chrome.exe`)
			}
		}
	}
	return names
}

// works tells a browser from Ubuntu's chromium-browser, which without its snap
// only says so. On Windows, --version would open a window.
func (s system) works(path string) bool {
	if s.goos == "windows" {
		return true
	}
	_, err := s.output(path, "--version")
	if err != nil {
		s.log("%s --version: %v: looking for another browser", path, err)
	}
	return err == nil
}

// aptInstall installs chromium where that is a package of apt-get, and not a
// pointer to a snap, and we have the rights.
func (s system) aptInstall() error {
	if s.goos != "linux" || !s.exists("/usr/bin/apt-get") {
		return errors.New("nothing was installed: no apt-get")
	}
	var sudo []string
	if !s.root {
		if _, err := s.output("sudo", "-n", "true"); err != nil {
			return errors.New("nothing was installed: that needs root")
		}
		sudo = []string{"sudo", "-n"}
	}
	aptGet := func(args ...string) error {
		command := append(sudo[:len(sudo):len(sudo)], "env", "DEBIAN_FRONTEND=noninteractive", "apt-get")
		command = append(command, args...)
		s.log("no browser found, running %s", strings.Join(command, " "))
		return s.install(command[0], command[1:]...)
	}
	if err := aptGet("update"); err != nil {
		return fmt.Errorf("apt-get update: %w", err)
	}
	info, err := s.output("apt-cache", "show", "chromium")
	if err != nil || !strings.Contains(info, "Package: chromium\n") || strings.Contains(info, "snap") {
		return errors.New("nothing was installed: apt has no chromium but perhaps a snap")
	}
	if err := aptGet("install", "-y", "--no-install-recommends", "chromium"); err != nil {
		return fmt.Errorf("apt-get install chromium: %w", err)
	}
	return nil
}

// browserFlags are the flags that wasmbrowsertest does not set or may stop setting.
func browserFlags(root bool, getenv func(string) string) []string {
	flags := []string{
		"--disable-gpu",
		"--no-first-run",
		"--disable-background-networking",
		"--disable-dev-shm-usage", // In containers, /dev/shm is often too small.
		// Timers of a page that nobody sees run as late as once a minute.
		"--disable-background-timer-throttling",
		"--disable-backgrounding-occluded-windows",
		"--disable-renderer-backgrounding",
	}
	if root {
		flags = append(flags, "--no-sandbox")
	}
	if spki := getenv("TESTSERVER_SPKI"); spki != "" {
		flags = append(flags, "--ignore-certificate-errors-spki-list="+spki)
	}
	return append(flags, strings.Fields(getenv("WASM_EXEC_CHROME_FLAGS"))...)
}

// browserDir makes the browser the first that wasmbrowsertest finds if the
// folder returned is the PATH. The script in it adds the flags, after those of
// wasmbrowsertest, since the last of two wins, and restores the PATH.
func browserDir(goos, dir, browser, path string, flags []string) (string, error) {
	if goos == "windows" {
		return filepath.Dir(browser), nil
	}
	script := "#!/bin/sh\nPATH=" + shellQuote(path) + "\nexec " + shellQuote(browser) + ` "$@"`
	for _, flag := range flags {
		script += " " + shellQuote(flag)
	}
	// macOS: after /Applications, google-chrome is the only name tried.
	for _, name := range []string{"headless_shell", "google-chrome"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script+"\n"), 0o755); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
