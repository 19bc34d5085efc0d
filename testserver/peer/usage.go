//go:build !js

package peer

import (
	_ "embed" // doc.go
	"strings"
)

//go:embed doc.go
var docSource string

// Usage returns the documentation of this package as text: the endpoints, the
// steps and the environment are described in one place.
func Usage() string {
	_, text, _ := strings.Cut(docSource, "/*\n")
	text, _, _ = strings.Cut(text, "*/")
	return text
}
