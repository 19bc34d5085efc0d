package websocket

import (
	"io"
	"sync"
	"unsafe"
)

// inbox holds what a stream has received and nobody has read, in order, up to a bound in bytes.
type inbox struct {
	limit int
	ready chan struct{} // holds one while there is something to take, or the end has come

	queue sync.Mutex
	space sync.Cond // on queue: there is room again
	// guarded by queue
	list    []item
	next    int // the first of list that was not taken
	size    int // of those that were not taken
	waits   bool
	shut    bool           // what comes is dropped
	over    error          // what comes when everything has been taken; nil while more may come
	current *MessageReader // has a message of which parts are to come
	skips   bool           // what is left of a message is for nobody
	begun   []byte         // of a message that Read puts together; nil if it does not
	text    bool           // what that is
}

// item is a message or a part of one.
type item struct {
	Data
	part, last bool
}

// wholeItem makes an item of a message.
func wholeItem(d Data) item { return item{d, false, true} }

// partItem makes an item of a part, whose bytes are the item's.
func partItem(text bool, p []byte, last bool) item {
	if text {
		return item{Text(unsafe.String(unsafe.SliceData(p), len(p))), true, last}
	}
	return item{Binary(p), true, last}
}

// shared returns the bytes as a string, which nobody changes any more.
func (i item) shared() string {
	if i.IsText() {
		return i.Text()
	}
	b := i.Bytes()
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// cost is what an item counts: none is free.
func (i item) cost() int { return int(i.Size()) + 64 }

func (q *inbox) prepare(limit int) {
	q.limit = limit
	if limit == 0 {
		q.limit = mostUnread
	}
	q.ready = make(chan struct{}, 1)
	q.space.L = &q.queue
}

// put adds an item, or reports that there is no room.
func (q *inbox) put(i item) bool {
	q.queue.Lock()
	defer q.queue.Unlock()
	return q.add(i, q.limit)
}

// putLater adds an item when half of what waits has been taken: not one wait for each.
func (q *inbox) putLater(i item) {
	q.queue.Lock()
	defer q.queue.Unlock()
	q.waits = true
	for !q.add(i, q.limit/2+i.cost()) {
		q.space.Wait()
	}
	q.waits = false
}

// add adds an item if that makes no more than most, or if it is the only one. Called with the lock held.
func (q *inbox) add(i item, most int) bool {
	n := i.cost()
	switch {
	case q.shut:
		return true
	case q.size > 0 && q.size+n > min(most, q.limit):
		return false
	}
	q.list = append(q.list, i)
	q.size += n
	q.signal()
	return true
}

// signal tells who waits that there is something. Called with the lock held.
func (q *inbox) signal() {
	ready := q.ready
	if q.current != nil {
		ready = q.current.ready
	}
	select {
	case ready <- struct{}{}:
	default:
	}
}

// signalNext tells the next who waits, if there is something for it. Called with the lock held.
func (q *inbox) signalNext() {
	if q.next < len(q.list) || q.over != nil {
		q.signal()
	}
}

// pop takes the next item; ok says whether there is one. What is for nobody is passed over. Called with the lock held.
func (q *inbox) pop() (i item, ok bool) {
	for q.next < len(q.list) {
		i = q.list[q.next]
		q.list[q.next] = item{}
		q.next++
		q.size -= i.cost()
		if !q.skips {
			ok = true
			break
		}
		q.skips = !i.last
	}
	q.compact()
	if q.waits && q.size <= q.limit/2 {
		q.space.Signal()
	}
	return i, ok
}

// compact reuses the memory of what was taken, moving each item once at most.
func (q *inbox) compact() {
	if q.next < len(q.list)-q.next {
		return
	}
	rest := copy(q.list, q.list[q.next:])
	clear(q.list[rest:])
	q.list, q.next = q.list[:rest], 0
}

// supersede gives up the message that a MessageReader has not read to its end. Called with the lock held.
func (q *inbox) supersede() {
	if q.current != nil {
		q.signal()
		q.current, q.skips = nil, true
	}
}

// take takes the next message, or the end if there is no message any more. A MessageReader's message is given up by the first
// of a Read's attempts.
func (q *inbox) take(first bool) (d Data, ok bool, end error) {
	q.queue.Lock()
	defer q.queue.Unlock()
	if first {
		q.supersede()
	}
	if q.current != nil { // what comes is its
		return Data{}, false, nil
	}
	defer q.signalNext()
	for {
		i, ok := q.pop()
		switch {
		case !ok:
			return Data{}, false, q.over
		case !i.part:
			return i.Data, true, nil
		}
		q.begun, q.text = append(q.begun, i.shared()...), i.IsText()
		if i.last {
			whole := partItem(q.text, q.begun, true)
			q.begun = nil
			return whole.Data, true, nil
		}
	}
}

// beginMessage gives r the next message, or its beginning, as take does.
func (q *inbox) beginMessage(r *MessageReader, first bool) (ok bool, end error) {
	q.queue.Lock()
	defer q.queue.Unlock()
	if first {
		q.supersede()
	}
	if q.current != nil {
		return false, nil
	}
	defer q.signalNext()
	var i item
	if q.begun != nil {
		i, q.begun = partItem(q.text, q.begun, false), nil
	} else if i, ok = q.pop(); !ok {
		return false, q.over
	}
	r.text, r.rest, r.last = i.IsText(), i.shared(), i.last
	if !r.last {
		q.current = r
	}
	return true, nil
}

// more gives r the next part of its message.
func (q *inbox) more(r *MessageReader) (ok bool, end error) {
	q.queue.Lock()
	defer q.queue.Unlock()
	if q.current != r {
		return false, exception("Read", ErrInvalidState, "the stream has gone on to the next message")
	}
	i, ok := q.pop()
	switch {
	case ok:
		r.rest, r.last = i.shared(), i.last
	case q.over == io.EOF: // a Close frame inside a message
		end = io.ErrUnexpectedEOF
	default:
		end = q.over
	}
	if r.last || end != nil {
		q.current = nil
	}
	q.signalNext()
	return ok, end
}

// shutOff drops what comes from now on.
func (q *inbox) shutOff() {
	q.queue.Lock()
	defer q.queue.Unlock()
	q.shut = true
	q.space.Signal()
}

// endWith is the end: no message follows.
func (q *inbox) endWith(err error) {
	q.queue.Lock()
	defer q.queue.Unlock()
	q.over = err
	q.signal()
}
