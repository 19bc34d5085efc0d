//go:build !js && unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
}

func interrupt(p *os.Process)      { p.Signal(os.Interrupt) }
func interruptGroup(p *os.Process) { syscall.Kill(-p.Pid, syscall.SIGINT) }
func killGroup(p *os.Process)      { syscall.Kill(-p.Pid, syscall.SIGKILL) }
