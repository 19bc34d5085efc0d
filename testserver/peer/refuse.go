//go:build !js

package peer

import (
	"fmt"
	"net/http"
)

func serveStatus(x *exchange) error {
	code, err := x.query.number("code", 200, 599, http.StatusNotFound)
	if err != nil {
		return err
	}
	x.answer.WriteHeader(code)
	x.answer.Write([]byte(x.query.get("body")))
	return nil
}

func serveRedirect(x *exchange) error {
	code, err := x.query.number("code", 300, 399, http.StatusFound)
	if err != nil {
		return err
	}
	x.answer.Header().Set("Location", x.query.get("to"))
	x.answer.WriteHeader(code)
	return nil
}

func serveBasic(x *exchange) error {
	user, password, _ := x.request.BasicAuth()
	if user == x.query.get("user") && password == x.query.get("password") {
		return serveEcho(x)
	}
	x.answer.Header().Set("WWW-Authenticate", `Basic realm="testserver"`)
	http.Error(x.answer, fmt.Sprintf("testserver: got user %q, want another user or password", user),
		http.StatusUnauthorized)
	return nil
}
