//go:build !js

package main

import "syscall"

// dieWithParent ends the process even if this one is killed outright.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
