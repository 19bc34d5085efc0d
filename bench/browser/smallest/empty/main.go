//go:build js

// Command empty is what a program costs that only reaches JavaScript.
package main

import "syscall/js"

func main() { js.Global() }
