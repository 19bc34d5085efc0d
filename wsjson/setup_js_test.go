package wsjson_test

import (
	"fmt"
	"os"
	"testing"
)

// TestMain wants the peer that the tests were started under: a page can't start one.
func TestMain(m *testing.M) {
	if os.Getenv("TESTSERVER_WS") == "" {
		fmt.Println("TESTSERVER_WS is not set: run the tests under testserver, as make test does")
		os.Exit(1)
	}
	os.Exit(m.Run())
}
