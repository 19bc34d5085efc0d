//go:build !js

// Command servers runs a command beside a nats-server, which is in it, and a Mosquitto, which must be installed, both with a listener
// for WebSockets.
//
//	servers COMMAND [ARG…]
//
// COMMAND has the environment variables TESTSERVER_NATS and TESTSERVER_MQTT, ws:// URLs. servers ends with its exit code.
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("servers: ")
	if len(os.Args) < 2 {
		log.Fatal("usage: servers COMMAND [ARG…]")
	}
	code, err := run(os.Args[1:])
	if err != nil {
		log.Print(err)
	}
	os.Exit(code)
}

func run(command []string) (code int, err error) {
	nats, err := startNATS()
	if err != nil {
		return 1, err
	}
	defer nats.Shutdown()
	mosquitto, err := startMosquitto()
	if err != nil {
		return 1, err
	}
	defer mosquitto.stop()

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "TESTSERVER_NATS="+nats.WebsocketURL(), "TESTSERVER_MQTT="+mosquitto.url)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return 127, err // as a shell does
	}
	return 0, nil
}

func startNATS() (*server.Server, error) {
	o := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true}
	o.Websocket.Host, o.Websocket.Port, o.Websocket.NoTLS = "127.0.0.1", server.RANDOM_PORT, true
	s, err := server.NewServer(o)
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		return nil, errors.New("nats-server is not ready after 20 s")
	}
	return s, nil
}

// mosquitto is a process with a folder of its own.
type mosquitto struct {
	cmd *exec.Cmd
	dir string
	url string
}

func startMosquitto() (*mosquitto, error) {
	path, err := find("mosquitto", "/usr/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto", "/usr/local/sbin/mosquitto")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mosquitto")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "mosquitto.conf")
	text := fmt.Sprintf("listener %d 127.0.0.1\nlistener %d 127.0.0.1\nprotocol websockets\nallow_anonymous true\nlog_type error\n",
		ports[0], ports[1])
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	m := &mosquitto{exec.Command(path, "-c", config), dir, fmt.Sprintf("ws://127.0.0.1:%d/mqtt", ports[1])}
	m.cmd.Stderr = os.Stderr
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	if err := awaitPort(ports[1]); err != nil {
		m.stop()
		return nil, fmt.Errorf("mosquitto: %w", err)
	}
	return m, nil
}

func (m *mosquitto) stop() {
	m.cmd.Process.Kill()
	m.cmd.Wait()
	os.RemoveAll(m.dir)
}

// find returns the first of the names that is a program.
func find(names ...string) (path string, err error) {
	for _, name := range names {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no %s here: make mosquitto installs it on Debian and Ubuntu, brew install mosquitto on macOS", names[0])
}

// freePorts returns ports that are free now.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // when all are known, so that they differ
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// awaitPort waits until something listens.
func awaitPort(port int) error {
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return c.Close()
		}
		if time.Now().After(limit) {
			return err
		}
	}
}
