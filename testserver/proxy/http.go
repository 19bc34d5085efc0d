//go:build !js

package proxy

import (
	"bufio"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
)

// serveHTTP serves one connection, which is one request.
func (p *Proxy) serveHTTP(conn net.Conn) {
	reader := bufio.NewReader(conn)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	credentials := basicCredentials(request.Header.Get("Proxy-Authorization"))
	p.note(credentials, request.RequestURI)
	switch {
	case p.Answer != "":
		io.WriteString(conn, p.Answer)
		hold(conn)
		return
	case p.User != "" && credentials != p.User+":"+p.Password:
		refuse(conn, "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=proxy\r\n", "who are you?")
		return
	case request.Method != "CONNECT" || request.Host != request.RequestURI:
		refuse(conn, "405 Method Not Allowed", "", "only CONNECT")
		return
	}
	server, err := p.dial(request.RequestURI)
	if err != nil {
		refuse(conn, "502 Bad Gateway", "", err.Error())
		return
	}
	io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	p.relay(conn, reader, server)
}

func refuse(conn net.Conn, status, header, body string) {
	io.WriteString(conn, "HTTP/1.1 "+status+"\r\n"+header+"Connection: close\r\n\r\n"+body)
}

// basicCredentials returns "user:password", or the header as it stands if it is none of RFC 7617.
func basicCredentials(header string) string {
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(header, "Basic "))
	if err != nil {
		return header
	}
	return string(b)
}
