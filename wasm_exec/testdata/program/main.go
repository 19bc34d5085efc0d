//go:build js

// Command program prints its arguments and exits with code 7.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Printf("arguments: %q\n", os.Args[1:])
	os.Exit(7)
}
