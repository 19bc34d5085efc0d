//go:build !js

package native

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that were left.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
