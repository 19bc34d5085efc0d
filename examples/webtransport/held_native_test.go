//go:build !js

package main

func held() int64 { return 0 }
