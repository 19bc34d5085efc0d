//go:build unix

package main

import (
	"fmt"
	"strconv"
	"time"
)

// A load has a connection do a job for a time. Echoes are sent by the callback that gets messages, as programs do, and batches
// are asked for before the last one has ended, so that nothing stands still at the clock's looks.
type load struct {
	scenario
	conn     conn
	messages [][]byte
	started  chan struct{} // receives when the run's first message was sent: libraries have one sender at a time
	done     chan struct{} // receives when a run, or a batch that was sent, is over
	failed   chan error

	deadline time.Time // of this run

	// The goroutine that runs sets these before it sends the first message; from then on only the callback has them.
	sent, received int
	limit          int // how many are sent, or asked for, before the next look at the clock
}

// newLoad connects.
func newLoad(s scenario, c client, address string) (*load, error) {
	l := &load{scenario: s, messages: s.job.messages(), started: make(chan struct{}, 1),
		done: make(chan struct{}, 2), failed: make(chan error, 1)}
	on := map[task]func(){echo: l.echoed, receive: l.took, send: l.answered}[s.job.what]
	want := s.job.size
	if s.job.what == send {
		want = 1
	}
	var err error
	l.conn, err = c.dial(address, s.job, sink{
		message: func(p []byte) {
			if len(p) != want {
				l.fail(fmt.Errorf("got a message of %d bytes, want %d", len(p), want))
			}
			on()
		},
		ended: l.fail,
	})
	return l, err
}

func (l *load) fail(err error) {
	select {
	case l.failed <- err:
	default:
	}
}

// run does the job for at least that time, and returns how many messages it took.
func (l *load) run(atLeast time.Duration) (messages int, err error) {
	l.deadline = time.Now().Add(atLeast)
	l.sent, l.received, l.limit = 0, 0, 0
	switch l.job.what {
	case echo:
		l.limit = l.batch
		l.next()
	case receive:
		l.ask()
	default:
		return l.sendAll()
	}
	if err := l.conn.Flush(); err != nil {
		return 0, err
	}
	l.started <- struct{}{}
	err = l.wait()
	return l.received, err
}

func (l *load) wait() error {
	select {
	case <-l.done:
		return nil
	case err := <-l.failed:
		return err
	}
}

// next sends the next message.
func (l *load) next() {
	p := l.messages[l.sent%len(l.messages)]
	l.sent++
	if err := l.conn.Send(p); err != nil {
		l.fail(err)
	}
}

// echoed keeps the window full until the time is over.
func (l *load) echoed() {
	l.count()
	if l.sent >= l.limit && time.Now().Before(l.deadline) {
		l.limit = l.sent + l.batch
	}
	for l.sent < l.limit && l.sent-l.received < l.window {
		l.next()
	}
	if l.received == l.sent {
		l.done <- struct{}{}
	}
}

func (l *load) count() {
	if l.received == 0 {
		<-l.started
	}
	l.received++
}

// ask asks for a batch.
func (l *load) ask() {
	l.limit += l.batch
	if err := l.conn.Send([]byte(strconv.Itoa(l.batch))); err != nil {
		l.fail(err)
	}
}

// took asks for more when half of what was asked for last is there.
func (l *load) took() {
	l.count()
	if l.received == l.limit-l.batch/2 && time.Now().Before(l.deadline) {
		l.ask()
	}
	if l.received == l.limit {
		l.done <- struct{}{}
	}
}

// answered is told that a batch has arrived.
func (l *load) answered() { l.done <- struct{}{} }

// sendAll sends batches until the time is over, a new one before the last has been answered.
func (l *load) sendAll() (sent int, err error) {
	last := make([]byte, l.job.size)
	last[0] = lastOfBatch
	unanswered := 0
	for err == nil && (sent == 0 || time.Now().Before(l.deadline)) {
		if err = l.sendBatch(last); err != nil {
			return sent, err
		}
		sent += l.batch
		if unanswered++; unanswered == 2 {
			err = l.wait()
			unanswered--
		}
	}
	for ; err == nil && unanswered > 0; unanswered-- {
		err = l.wait()
	}
	return sent, err
}

func (l *load) sendBatch(last []byte) error {
	for range l.batch - 1 {
		if err := l.conn.Room(); err != nil {
			return err
		}
		if err := l.conn.Send(l.messages[0]); err != nil {
			return err
		}
	}
	if err := l.conn.Send(last); err != nil {
		return err
	}
	return l.conn.Flush()
}
