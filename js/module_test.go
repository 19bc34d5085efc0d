//go:build js

package js

import (
	"bytes"
	"fmt"
	"strings"
	"syscall/js"
	"testing"
)

// withoutModule has what follows be as on a host that compiles no module. See TestMessagesPassWithAndWithoutTheModule.
func withoutModule(t *testing.T) {
	there := shared()
	compiled.module = nil
	t.Cleanup(func() { compiled.module = there })
}

// onBoth runs a test with the module, as every browser can have it, and without.
func onBoth(t *testing.T, test func(t *testing.T)) {
	if shared() == nil {
		t.Fatal("this browser compiles no module")
	}
	t.Run("with the module", test)
	t.Run("with it, but without built-ins for strings and Atomics", func(t *testing.T) {
		if !withAtomics(t, js.Undefined()).flag.IsNull() {
			t.Error("there is a flag without Atomics")
		}
		test(t)
	})
	t.Run("without", func(t *testing.T) {
		withoutModule(t)
		test(t)
	})
}

// withAtomics has what follows be as in a browser with such Atomics, and without built-ins for strings.
func withAtomics(t *testing.T, atomics js.Value) *module {
	there, browsers := compiled.module, global.Get("Atomics")
	global.Set("Atomics", atomics)
	t.Cleanup(func() {
		global.Set("Atomics", browsers)
		compiled.module = there
	})
	m, err := compile()
	if err != nil {
		t.Fatal(err)
	}
	compiled.module = m
	return m
}

// What can't be waited for is not: a browser may have it and throw.
func TestNoFlagIsWaitedForWhereThatThrows(t *testing.T) {
	if !withAtomics(t, global.Call("eval", "({waitAsync() { throw new TypeError }, notify() {}})")).flag.IsNull() {
		t.Error("there is a flag")
	}
	keepTheirOrder(t)
}

// Where a flag's tasks come before those for messages, a socket soon takes a port's.
func TestFlagsOfNoUseAreGivenUp(t *testing.T) {
	atEach := global.Call("eval", "({waitAsync: () => ({value: Promise.resolve()}), notify: () => 1})")
	if withAtomics(t, atEach).flag.IsNull() {
		t.Fatal("there is no flag to give up")
	}
	wakesFor(t, 10000)
}

// withClock has modules that are compiled from now on read this clock.
func withClock(t *testing.T, now js.Value) {
	browsers := clock
	clock = now
	t.Cleanup(func() { clock = browsers })
}

// tasks has what follows count the tasks that are made by a flag.
func tasks(t *testing.T) func() int {
	counting := global.Call("eval", `({
		tasks: 0,
		waitAsync(...a) { this.tasks++; return this.browsers.waitAsync(...a); },
		notify(...a) { return this.browsers.notify(...a); },
		browsers: Atomics,
	})`)
	counting.Set("waitAsync", counting.Get("waitAsync").Call("bind", counting))
	counting.Set("notify", counting.Get("notify").Call("bind", counting))
	withAtomics(t, counting)
	counting.Set("tasks", 0) // but for the one that was to try it
	return func() int { return counting.Get("tasks").Int() }
}

// A task before a wake is put up with while more messages come before it, and is soon left out where none do.
func TestTasksAreMadeWhereTheyPay(t *testing.T) {
	made := tasks(t)
	flood(t, 10000)
	if n := made(); n < 2 || n > 1000 {
		t.Errorf("%d tasks for a flood of 10000 messages, want some, but not for each", n)
	}
	before := made()
	const messages = 1500
	run(t, server(t)+"/echo", func(r *recorder) {
		ping := func() {
			if r.n < messages {
				r.conn.SendText("")
			} else {
				r.conn.Close(1000, "")
			}
		}
		r.at["opened"], r.at["text:"] = ping, ping
	})
	if n := made() - before; n < 1 || n > messages/20 {
		t.Errorf("%d tasks for %d messages one by one, want a few", n, messages)
	}
}

// Messages that come seldom are not put off, as nothing is gained by that.
func TestNoTaskIsMadeForMessagesThatComeSeldom(t *testing.T) {
	withClock(t, global.Call("eval", "(now => () => now += 10)(performance.now())"))
	made := tasks(t)
	flood(t, 1000)
	if n := made(); n != 0 {
		t.Errorf("%d tasks", n)
	}
}

// A batch is not seldom, though the program was busy for long with the one before it: tasks that have paid go on.
func TestTasksAreMadeThoughBatchesTakeLong(t *testing.T) {
	const before, batches = 20, 50
	time := global.Call("eval", "({now: 0, step: 0})") // in milliseconds, and the step at each look
	withClock(t, global.Call("eval", "time => () => time.now += time.step").Invoke(time))
	made, tasksBefore := tasks(t), 0
	batch := global.Call("eval", `socket => setTimeout(() => {
		for (const data of ["first", "last"])
			socket.dispatchEvent(new MessageEvent("message", {data}));
	})`)
	run(t, server(t)+"/echo", func(r *recorder) {
		n := 0
		r.at["opened"] = func() { batch.Invoke(SocketValue(r.conn)) }
		r.at["text:last"] = func() {
			n++
			switch n {
			case before:
				tasksBefore = made()
				time.Set("step", 10)
			case before + batches:
				if n := made() - tasksBefore; n != batches {
					t.Errorf("%d tasks for %d batches, want one for each", n, batches)
				}
				r.conn.Close(1000, "")
				return
			}
			batch.Invoke(SocketValue(r.conn))
		}
	})
}

// messageSizes are at both sides of every limit of the module and of the outbox, behind as many as are not packed.
var messageSizes = append(make([]int, few), 0, 1, 125, 5000, mostPacked-1, mostPacked, mostPacked+1, enough-5, enough-4, enough-1, enough, enough+1,
	2*enough-5, 2*enough-4, 2*enough, 1<<18-4, 1<<18, 1<<20-1, mostCopied, mostCopied+1, viewSize-4, viewSize-3, viewSize, viewSize+1)

// Messages of all sizes go and come whole and in order, whichever way each of them takes.
func TestMessagesOfAllSizesAreWhole(t *testing.T) {
	for _, kind := range []string{"text", "binary", "both"} {
		for _, borrows := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, borrowed %t", kind, borrows), func(t *testing.T) {
				onBoth(t, func(t *testing.T) { echoAllSizes(t, kind, Options{BorrowMessages: borrows}) })
			})
		}
	}
}

func echoAllSizes(t *testing.T, kind string, o Options) {
	pattern := func(i, size int) string {
		s := strings.Repeat(string(rune('a'+i%26))+"é€😀", size/10)
		return s + strings.Repeat("x", size-len(s))
	}
	isText := func(i int) bool { return kind == "text" || kind == "both" && i%2 == 0 }
	e := &echoed{recorder: recorder{t: t, at: map[string]func(){}, ended: make(chan struct{})}}
	e.got = func(text bool, b []byte) {
		if text != isText(e.n) || string(b) != pattern(e.n, messageSizes[e.n]) {
			t.Errorf("message %d: got %d bytes (text %t), want %d, or they differ", e.n, len(b), text, messageSizes[e.n])
		}
		if e.n++; e.n == len(messageSizes) {
			e.conn.Close(1000, "")
		}
	}
	e.at["opened"] = func() {
		for i, size := range messageSizes {
			if isText(i) {
				e.conn.SendText(pattern(i, size))
			} else {
				b := []byte(pattern(i, size))
				e.conn.SendBinary(b)
				clear(b)
			}
		}
	}
	e.run(server(t)+"/echo", o)
	if e.n != len(messageSizes) {
		t.Errorf("got %d messages, want %d", e.n, len(messageSizes))
	}
}

// The amount grows by what is sent, packed or not, and does not fall while the listener runs.
func TestBufferedIsExact(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		run(t, server(t)+"/slow?rate=1000000", func(r *recorder) {
			r.at["opened"] = func() {
				var sum uint64
				for i := range 10000 {
					if i%2 == 0 {
						r.conn.SendText("é€")
						sum += 5
					} else {
						r.conn.SendBinary(make([]byte, i%50))
						sum += uint64(i % 50)
					}
					if n := r.conn.Buffered(); n != sum {
						t.Errorf("after %d messages: got %d, want %d", i+1, n, sum)
						break
					}
				}
				r.conn.Close(1000, "")
				r.conn.SendText("dropped")
				if n := r.conn.Buffered(); n != sum+7 {
					t.Errorf("after Close: got %d, want %d", n, sum+7)
				}
			}
		})
	})
}

// Whatever goes around the outbox waits for what is in it.
func TestNothingOvertakesPackedMessages(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		const each = 2 * few
		var want []string
		r := run(t, server(t)+"/echo", func(r *recorder) {
			message := func(kind string, n int, send func()) {
				want = append(want, fmt.Sprintf("%s:%d", kind, n))
				send()
			}
			r.at["opened"] = func() {
				for i, large := range []int{mostCopied + 1, enough, 7} {
					for range each {
						message("binary", i, func() { r.conn.SendBinary(make([]byte, i)) })
					}
					message("binary", large, func() { r.conn.SendBinary(make([]byte, large)) })
					message("binary", 3, func() { r.conn.SendBlob(NewBlob(make([]byte, 3), "")) })
				}
				go r.conn.SendText("last")
			}
			r.at["text:last"] = func() { r.conn.Close(1000, "") }
		})
		if got := strings.Join(r.trace, " "); got != "opened "+strings.Join(want, " ")+" text:last closed:1000::true:false" {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// echoed is a sink for what comes back.
type echoed struct {
	recorder
	got func(text bool, b []byte)
}

func (e *echoed) Text(s string)   { e.got(true, []byte(s)) }
func (e *echoed) Binary(b []byte) { e.got(false, bytes.Clone(b)) }

func (e *echoed) run(url string, o Options) {
	e.t.Helper()
	conn, err := Open(url, nil, o, e)
	if err != nil {
		e.t.Fatal(err)
	}
	e.conn = conn
	conn.Start()
	e.wait()
}
