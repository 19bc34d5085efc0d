package interop

import (
	"fmt"
	"os"
	"testing"
)

// TestMain wants the servers that the tests are started under, as make interop does: a page can't start one.
func TestMain(m *testing.M) {
	if os.Getenv("TESTSERVER_NATS") == "" || os.Getenv("TESTSERVER_MQTT") == "" {
		fmt.Println("TESTSERVER_NATS or TESTSERVER_MQTT is not set: run the tests by make interop")
		os.Exit(1)
	}
	os.Exit(m.Run())
}
