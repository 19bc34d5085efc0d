package websocket

import "sync"

// inbox holds what a stream has received and nobody has read, in order, up to a bound in bytes.
type inbox struct {
	limit int
	ready chan struct{} // holds one while there is something to take

	queue sync.Mutex
	space sync.Cond // on queue: there is room again
	// guarded by queue
	list  []Data
	next  int // the first of list that was not taken
	size  int // of those that were not taken
	waits bool
	shut  bool  // what comes is dropped
	over  error // what comes when everything has been taken; nil while more may come
}

func (q *inbox) prepare(limit int) {
	q.limit = limit
	if limit == 0 {
		q.limit = mostUnread
	}
	q.ready = make(chan struct{}, 1)
	q.space.L = &q.queue
}

// cost is what a message counts: none is free.
func cost(d Data) int { return int(d.Size()) + 64 }

// put adds a message, or reports that there is no room.
func (q *inbox) put(d Data) bool {
	q.queue.Lock()
	defer q.queue.Unlock()
	return q.add(d, q.limit)
}

// putLater adds a message when half of what waits has been taken: not one wait for each message.
func (q *inbox) putLater(d Data) {
	q.queue.Lock()
	defer q.queue.Unlock()
	q.waits = true
	for !q.add(d, q.limit/2+cost(d)) {
		q.space.Wait()
	}
	q.waits = false
}

// add adds a message if that makes no more than most, or if it is the only one. Called with the lock held.
func (q *inbox) add(d Data, most int) bool {
	n := cost(d)
	switch {
	case q.shut:
		return true
	case q.size > 0 && q.size+n > min(most, q.limit):
		return false
	}
	q.list = append(q.list, d)
	q.size += n
	q.signal()
	return true
}

// take takes the next message, or the end if there is no message any more.
func (q *inbox) take() (d Data, ok bool, end error) {
	q.queue.Lock()
	defer q.queue.Unlock()
	if q.next == len(q.list) {
		if q.over != nil {
			q.signal() // for the next who asks
		}
		return Data{}, false, q.over
	}
	d = q.list[q.next]
	q.list[q.next] = Data{}
	q.next++
	q.size -= cost(d)
	q.compact()
	if q.waits && q.size <= q.limit/2 {
		q.space.Signal()
	}
	if q.next < len(q.list) || q.over != nil {
		q.signal()
	}
	return d, true, nil
}

// compact reuses the memory of what was taken, moving each message once at most.
func (q *inbox) compact() {
	if q.next < len(q.list)-q.next {
		return
	}
	rest := copy(q.list, q.list[q.next:])
	clear(q.list[rest:])
	q.list, q.next = q.list[:rest], 0
}

// signal tells who waits for something to take. Called with the lock held.
func (q *inbox) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
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
