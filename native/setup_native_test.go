//go:build !js

package native

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that were left. The tests go through no proxy but their own.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		os.Unsetenv(name)
	}
	goleak.VerifyTestMain(m)
}
