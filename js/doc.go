// Package js is the engine for browsers: the browser's own WebSocket, through syscall/js. Programs use package websocket,
// which opens its connections with it when compiled with GOOS=js GOARCH=wasm.
//
// The browser calls no Go func for each message: a small module of WebAssembly takes its events (module.wat), and Go is woken
// once to fetch all that has come. A goroutine of the engine calls the listeners, so they may block.
package js
