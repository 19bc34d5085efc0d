//go:build unix

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// describeMachine says on what and when the figures are taken, as far as the system tells.
func describeMachine() string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s, %d CPUs", time.Now().UTC().Format("2006-01-02"), runtime.NumCPU())
	if model := lineOf("/proc/cpuinfo", "model name"); model != "" {
		fmt.Fprintf(b, " (%s)", model)
	}
	fmt.Fprintf(b, ", %s/%s", runtime.GOOS, runtime.GOARCH)
	if release := firstLine("/proc/sys/kernel/osrelease"); release != "" {
		fmt.Fprintf(b, " %s", release)
	}
	fmt.Fprintf(b, ", %s", runtime.Version())
	if load, _, _ := strings.Cut(firstLine("/proc/loadavg"), " "); load != "" {
		fmt.Fprintf(b, ". Load average at the start: %s", load)
	}
	return b.String()
}

// lineOf returns what stands behind "name :" in a file of such lines.
func lineOf(file, name string) string {
	b, _ := os.ReadFile(file)
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstLine(file string) string {
	b, _ := os.ReadFile(file)
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

// versions says what is compared: this module with others.
func versions(others ...string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	list := []string{"ours " + revision(info)}
	for _, dep := range info.Deps {
		if slices.Contains(others, dep.Path) {
			list = append(list, dep.Path+" "+dep.Version)
		}
	}
	return strings.Join(list, ", ")
}

// revision is that of the working tree that this program was built in.
func revision(info *debug.BuildInfo) string {
	revision, modified := "of an unknown commit", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = "at commit " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " with changes"
		}
	}
	return revision + modified
}
