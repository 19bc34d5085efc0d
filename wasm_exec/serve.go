//go:build !js

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/twinsocket/websocket/wasm_exec/page"
)

type serveOptions struct {
	addr, html, dir, program string
}

// servePage serves a program as a web page until it is interrupted.
func servePage(args []string) (int, error) {
	opts, err := parseServe(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(usage)
		return 0, nil
	}
	if err != nil {
		return 2, err
	}
	ctx, stop := stopSignals()
	defer stop()
	if err := serve(ctx, opts, func(url string) { fmt.Println(url) }); err != nil {
		return 1, err
	}
	return 0, nil
}

func parseServe(args []string) (serveOptions, error) {
	var opts serveOptions
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.Usage = func() {}
	flags.StringVar(&opts.addr, "addr", "127.0.0.1:8080", "")
	flags.StringVar(&opts.html, "html", "", "")
	flags.StringVar(&opts.dir, "dir", "", "")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if flags.NArg() != 1 {
		return opts, fmt.Errorf("serve: got %d programs, want one package or .wasm file", flags.NArg())
	}
	opts.program = flags.Arg(0)
	return opts, nil
}

// serve listens first, since a taken port is known at once and a build is slow,
// and calls ready with the URL when all is there.
func serve(ctx context.Context, opts serveOptions, ready func(url string)) error {
	listener, err := net.Listen("tcp", opts.addr)
	if err != nil {
		return fmt.Errorf("serve: %w; another address: -addr 127.0.0.1:8081, any free port: -addr 127.0.0.1:0", err)
	}
	defer listener.Close()
	handler, err := opts.handler(ctx)
	if ctx.Err() != nil {
		return nil // Interrupted while it was built.
	}
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	ready(pageURL(listener.Addr()))
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (o serveOptions) handler(ctx context.Context) (http.Handler, error) {
	var html []byte
	if o.html != "" {
		var err error
		if html, err = os.ReadFile(o.html); err != nil {
			return nil, err
		}
	}
	wasm, err := loadWasm(ctx, o.program)
	if err != nil {
		return nil, err
	}
	mux, err := page.Handler(wasm, html)
	if err == nil && o.dir != "" {
		mux.Handle("/", http.FileServer(http.Dir(o.dir)))
	}
	return mux, err
}

func loadWasm(ctx context.Context, program string) ([]byte, error) {
	if filepath.Ext(program) == ".wasm" {
		return os.ReadFile(program)
	}
	return page.Build(ctx, program)
}

// pageURL names a listener's address as a browser does. On localhost a page is
// in a secure context, on another host name it is not.
func pageURL(addr net.Addr) string {
	tcp := addr.(*net.TCPAddr)
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(tcp.Port)) + "/"
}
