//go:build js

// Package behave has one test for each way in which a program can end.
package behave

import (
	"fmt"
	"os"
	"syscall/js"
	"testing"
	"time"
)

func TestPass(t *testing.T) {
	t.Log("from t.Log")
	fmt.Println("from stdout: héllo 😀")
	fmt.Fprintln(os.Stderr, "from stderr")
	fmt.Println(`"quoted"`)
}

func TestFail(t *testing.T) { t.Error("wrong on purpose") }

func TestPanic(t *testing.T) {
	go panic("on purpose 😀")
	time.Sleep(time.Second)
}

func TestHang(t *testing.T) { select {} }

var spins int

func TestSpin(t *testing.T) {
	for {
		spins++
	}
}

// TestTrap leaves the wasm code by an exception, in a call from the event loop.
func TestTrap(t *testing.T) {
	time.Sleep(time.Millisecond)
	deeper(1)
}

func deeper(n int) int {
	if n < 0 {
		return 0
	}
	return deeper(n+1) + n + deeper(n-2)
}

func TestFetch(t *testing.T) {
	url := os.Getenv("TESTSERVER_URL")
	outcome := make(chan string)
	answer := func(prefix string) js.Func {
		return js.FuncOf(func(_ js.Value, args []js.Value) any {
			text := prefix + js.Global().Get("String").Invoke(args[0]).String()
			go func() { outcome <- text }()
			return nil
		})
	}
	getText := js.FuncOf(func(_ js.Value, args []js.Value) any { return args[0].Call("text") })
	js.Global().Call("fetch", url).Call("then", getText).Call("then", answer("got "), answer("failed with "))
	t.Log(<-outcome)
}

func TestEnv(t *testing.T) {
	t.Logf("GODEBUG=%q WASM_TEST_NAMED=%q WASM_TEST_SECRET=%q",
		os.Getenv("GODEBUG"), os.Getenv("WASM_TEST_NAMED"), os.Getenv("WASM_TEST_SECRET"))
}
