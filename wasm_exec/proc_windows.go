//go:build !js

package main

import (
	"os"
	"os/exec"
	"strconv"
)

// Windows sends the console's Ctrl-C to all processes by itself.
func ownGroup(*exec.Cmd) {}

func interrupt(*os.Process)      {}
func interruptGroup(*os.Process) {}

func killGroup(p *os.Process) {
	exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run()
}
