package netconn

import (
	"context"
	"os"
	"sync"
	"time"
)

// deadline is a time that can be moved while calls wait for it. Each waits for a context, which stays the same while the time is
// moved and has not passed.
type deadline struct {
	mu     sync.Mutex
	ctx    context.Context // nil until it is wanted
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil if there is no time, or it has passed when it was set
	ended  bool        // for good
}

// renew makes a context where there is none that has not ended. Called with mu held.
func (d *deadline) renew() {
	if d.ctx == nil || d.ctx.Err() != nil {
		d.ctx, d.cancel = context.WithCancelCause(context.Background())
	}
}

func (d *deadline) current() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx == nil {
		d.renew()
	}
	return d.ctx
}

// set moves the deadline; the zero time is none. It reports false if the end has come.
func (d *deadline) set(t time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return false
	}
	d.stop()
	d.renew()
	switch wait := time.Until(t); {
	case t.IsZero():
	case wait <= 0:
		d.cancel(os.ErrDeadlineExceeded)
	default:
		d.start(wait)
	}
	return true
}

// start starts a timer. Called with mu held.
func (d *deadline) start(wait time.Duration) {
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.timer == timer { // else it went off while the deadline was moved
			d.cancel(os.ErrDeadlineExceeded)
		}
	})
	d.timer = timer
}

// stop stops the timer. Called with mu held.
func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// end ends all calls for good.
func (d *deadline) end(why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
	d.stop()
	d.renew()
	d.cancel(why)
}
