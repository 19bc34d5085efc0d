//go:build !js

package main

import (
	"fmt"
	"slices"
	"strings"
)

// passed are the variables that the browser and the driver need. All that the
// driver has, the program sees, so there are few.
var passed = []string{
	"HOME", "USER", "LOGNAME", "LANG", "TZ", "DISPLAY", "WAYLAND_DISPLAY", "LD_LIBRARY_PATH", "WASM_HEADLESS",
	"SYSTEMROOT", "WINDIR", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMFILES",
}

var passedPrefixes = []string{"TESTSERVER_", "GO", "LC_", "XDG_"}

// programEnv keeps of env what the browser and the program need. PATH and the
// temporary folder are not among it: run sets its own.
func programEnv(env []string) []string {
	also := namedIn(env)
	var kept []string
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		hasPrefix := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		if slices.Contains(passed, strings.ToUpper(name)) || slices.Contains(also, name) ||
			slices.ContainsFunc(passedPrefixes, hasPrefix) {
			kept = append(kept, entry)
		}
	}
	return kept
}

// namedIn lists the names in the variable WASM_EXEC_ENV.
func namedIn(env []string) []string {
	for _, entry := range env {
		if list, ok := strings.CutPrefix(entry, "WASM_EXEC_ENV="); ok {
			return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
		}
	}
	return nil
}

// maxProgramEnv is the room that wasm_exec.js gives to arguments and environment:
// wasmMinDataAddr in cmd/link/internal/wasm less the 4096 they begin at.
const maxProgramEnv = 8192

// checkSize says early and clearly what wasm_exec.js would say in the browser.
func checkSize(args, env []string) error {
	size := 16 // Two null pointers end the lists.
	for _, s := range slices.Concat(args, env) {
		size += (len(s)+1+7)&^7 + 8 // The string, ended by 0 and aligned, and the pointer to it.
	}
	if size < maxProgramEnv {
		return nil
	}
	return fmt.Errorf("arguments and environment take %d bytes, want less than %d: unset some of the variables %s",
		size, maxProgramEnv, strings.Join(largest(env, 5), ", "))
}

// largest names the n longest variables of env.
func largest(env []string, n int) []string {
	env = slices.Clone(env)
	slices.SortStableFunc(env, func(a, b string) int { return len(b) - len(a) })
	var names []string
	for _, entry := range env[:min(n, len(env))] {
		name, _, _ := strings.Cut(entry, "=")
		names = append(names, name)
	}
	return names
}

// with returns env with some variables set, each as NAME=value.
func with(env []string, entries ...string) []string {
	// Of two, the later wins: exec.Cmd.Env.
	return append(slices.Clone(env), entries...)
}
