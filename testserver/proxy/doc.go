// Package proxy has proxies for tests: CONNECT over HTTP or HTTPS, and SOCKS5. They share no code with the engines, know hosts
// that nobody else does, and can be told to answer what no proxy should.
package proxy
