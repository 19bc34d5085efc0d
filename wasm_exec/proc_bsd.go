//go:build !js && unix && !linux

package main

import "syscall"

// dieWithParent: there is nothing like it on macOS.
func dieWithParent(*syscall.SysProcAttr) {}
