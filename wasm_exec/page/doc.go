// Package page serves a Go program compiled for js/wasm as a web page.
//
//	wasm, err := page.Build(ctx, "./demo")
//	…
//	mux, err := page.Handler(wasm, nil)
//	…
//	mux.HandleFunc("/ws", serveWebSocket)
//	http.ListenAndServe("127.0.0.1:8080", mux)
//
// It needs the go command, and with GOOS=js it is empty.
package page
