//go:build js

package websocket_test

import (
	"syscall/js"
	"testing"
)

// watch measures from now on, in milliseconds, how much later than asked for the page's timers come, and how far apart its frames.
const watch = `(() => {
	const late = [], apart = [];
	let going = true, asked = performance.now() + 10, frame = performance.now();
	const timer = () => {
		const now = performance.now();
		late.push(now - asked);
		asked = now + 10;
		if (going) setTimeout(timer, 10);
	};
	const draw = now => {
		apart.push(now - frame);
		frame = now;
		if (going) requestAnimationFrame(draw);
	};
	setTimeout(timer, 10);
	requestAnimationFrame(draw);
	const summary = list => {
		list.sort((a, b) => a - b);
		const at = part => list[Math.floor((list.length - 1) * part)].toFixed(1);
		return at(.5) + ", 99 % " + at(.99) + ", most " + at(1);
	};
	return () => {
		going = false;
		const seconds = late.reduce((sum, ms) => sum + ms + 10, 0) / 1000;
		return {timers: late.length / seconds, frames: apart.length / seconds, late: summary(late), apart: summary(apart)};
	};
})()`

// watchPage has the page do what pages do while the test goes on. The func that it returns says how that went, and fails the test
// if the page hung: less than one timer or frame in a second is that on any machine.
func watchPage(t *testing.T) (done func()) {
	stop := js.Global().Call("eval", watch)
	return func() {
		page := stop.Invoke()
		timers, frames := page.Get("timers").Float(), page.Get("frames").Float()
		t.Logf("%.0f timers of 10 ms a second, late by (ms) %v", timers, page.Get("late"))
		t.Logf("%.0f frames a second, apart (ms) %v", frames, page.Get("apart"))
		if timers < 1 || frames < 1 {
			t.Error("the page hung")
		}
	}
}
