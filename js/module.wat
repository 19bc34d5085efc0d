;; The part of the engine that the browser calls for each message.
;;
;; Calling a Go func from JavaScript costs some fifty times what a call of WebAssembly does, and to give Go an object of
;; JavaScript's is nearly as dear. So the browser's messages go to this module, which keeps them and wakes Go once; Go then
;; has all that have come packed into memory, and copies that with one call.
;;
;; A packed message is a head of four bytes (little-endian: its length times two, plus one if it is text) and its bytes.
;;
;; Each socket has an instance of its own with its queue; the memory is one for all, since Go leaves nothing in it. The imports
;; are found in the page's global object, where they are built in, but for "js", by which module.go has methods bound, and for
;; "wasm:js-string", which the browser's compiler puts in line if it knows them; if not they return 0, as do those of "Atomics" if
;; there is no $flag. make module writes module_code.go, by which the program carries it.
(module
  ;; The memory: what is packed takes the first $room bytes at most, a message alone the first $viewSize. From $draftAt on is
  ;; where a text is put before it is packed, as its length is not known.
  (import "js" "memory" (memory 19))
  (import "js" "view" (global $view externref))             ;; a Uint8Array of the memory before $draftAt
  (import "js" "draft" (global $draft externref))           ;; a Uint8Array of what follows
  (import "js" "encoder" (global $encoder externref))        ;; a TextEncoder
  (import "js" "decoder" (global $decoder externref))        ;; a TextDecoder that leaves a byte order mark
  (import "js" "data" (global $dataKey externref))          ;; "data"
  (import "js" "written" (global $writtenKey externref))    ;; "written"
  (import "js" "length" (global $lengthKey externref))      ;; "length"
  (import "js" "clock" (func $clock (result f64)))
  (import "js" "getData" (func $getData (param $event externref) (param $key externref) (result externref)))
  (import "js" "byteLength" (func $byteLength (param $buffer externref) (result i32)))
  (import "js" "set" (func $set (param $view externref) (param $bytes externref) (param $at i32)))
  (import "js" "encode" (func $encode (param $encoder externref) (param $text externref) (param $view externref) (result externref)))
  (import "js" "call" (func $call (param $function externref)))
  (import "js" "call" (func $callWith (param $function externref) (param $this externref) (param $argument externref)))
  (import "js" "part" (func $part (param $bytes externref) (param $from i32) (param $to i32) (result externref)))  ;; a view of them
  (import "js" "decode" (func $decode (param $decoder externref) (param $bytes externref) (result externref)))
  (import "Reflect" "get" (func $get (param $object externref) (param $key externref) (result i32)))
  (import "Reflect" "get" (func $getObject (param $object externref) (param $key externref) (result externref)))
  (import "Reflect" "construct" (func $construct (param $class externref) (param $arguments externref) (result externref)))
  (import "Array" "of" (func $list (param externref) (result externref)))
  (import "Object" "hasOwn" (func $hasOwn (param $object externref) (param $key externref) (result i32)))
  (import "globalThis" "Uint8Array" (global $bytesClass externref))
  (import "wasm:js-string" "test" (func $isString (param externref) (result i32)))
  (import "wasm:js-string" "length" (func $length (param $text externref) (result i32)))
  (import "wasm:js-string" "charCodeAt" (func $codeAt (param $text externref) (param $index i32) (result i32)))
  (import "js" "flag" (global $flag externref))             ;; an Int32Array of shared memory, null if nothing can wait for it
  (import "Atomics" "waitAsync" (func $waitAsync (param $flag externref) (param $index i32) (param $value i32) (result externref)))
  (import "Atomics" "notify" (func $notify (param $flag externref) (param $index i32) (result i32)))
  (import "js" "value" (global $valueKey externref))        ;; "value"
  (import "js" "then" (func $then (param $promise externref) (param $function externref) (result externref)))
  (import "js" "program" (global $program externref))       ;; what runs the Go program
  (import "js" "exited" (global $exitedKey externref))      ;; "exited"
  (import "js" "_resume" (global $resume externref))        ;; the method by which it runs until it waits
  (import "js" "ready" (func $ready (param $number i32)))   ;; an exported Go function: the socket's goroutine is to run
  (import "socket" "send" (func $socketSend (param $message externref)))
  (import "socket" "number" (global $number i32))

  (global $room i32 (i32.const 262144))
  (global $viewSize i32 (i32.const 1114112))
  (global $draftAt i32 (i32.const 1114112))
  (global $draftSize i32 (i32.const 131072))

  ;; The queue: the data of the messages that have come, and other events, from $head on and before $tail. What is elsewhere is null.
  (table $queue 8 externref)
  (global $head (mut i32) (i32.const 0))
  (global $tail (mut i32) (i32.const 0))

  ;; What the next entry does: 0 nothing, 1 it wakes Go, 2 it has that done in a task of its own, before which more can come. That
  ;; pays if they do, and is repeated as long as they do. After n such tasks in a row that were in vain, n²/8 wakes are without; and
  ;; so are all where messages come one by one and seldom.
  (global $next (mut i32) (i32.const 0))
  (global $taken (mut i32) (i32.const 0))      ;; since Go was woken
  (global $posted (mut i32) (i32.const 0))     ;; whether that was in such a task, of which nothing is known yet
  (global $inVain (mut i32) (i32.const 0))     ;; how many in a row were, at most 20
  (global $without (mut i32) (i32.const 8))    ;; how many wakes are to be without
  (global $packed (mut f64) (f64.const 0))     ;; when Go asked for messages last
  (global $seldom (mut i32) (i32.const 0))     ;; whether that was more than $long after the time before
  (global $long f64 (f64.const 2))             ;; in milliseconds

  ;; Such a task is what the browser makes for who waits for $flag, or a port's message. A flag's takes half the time, but it is of
  ;; no use where it comes before the tasks for messages, as in Firefox. Both are tried until one has proved better.
  (global $onFlag (export "onFlag") (mut externref) (ref.null extern))  ;; wake, null until it is wanted
  (global $post (export "post") (mut externref) (ref.null extern))      ;; has a port call wake, null until it is wanted
  (global $usePort (mut i32) (i32.const 0))
  (global $decided (mut i32) (i32.const 0))
  (global $portPaid (mut i32) (i32.const 0))   ;; how often a port's message has paid

  ;; message takes a MessageEvent of the socket's.
  (func (export "message") (param $event externref)
    (call $put (call $getData (local.get $event) (global.get $dataKey))))

  ;; event takes any other event of the socket's, which waits in the queue for take.
  (func $put (export "event") (param $entry externref)
    (local $do i32)
    (if (i32.eq (global.get $tail) (table.size $queue))
      (then (call $makeRoom)))
    (table.set $queue (global.get $tail) (local.get $entry))
    (global.set $tail (i32.add (global.get $tail) (i32.const 1)))
    (local.set $do (global.get $next))
    (global.set $next (i32.const 0))
    (if (i32.eq (local.get $do) (i32.const 1))
      (then (call $tryWake)))
    (if (i32.eq (local.get $do) (i32.const 2))
      (then (call $postWake))))

  ;; postWake has wake called in a task.
  (func $postWake
    (if (call $usesPort)
      (then
        (call $call (global.get $post))
        (return)))
    (drop (call $then
      (call $getObject (call $waitAsync (global.get $flag) (i32.const 0) (i32.const 0)) (global.get $valueKey))
      (global.get $onFlag)))
    (drop (call $notify (global.get $flag) (i32.const 0))))

  (func $usesPort (result i32)
    (i32.or (global.get $usePort) (ref.is_null (global.get $flag))))

  ;; makeRoom moves the queue to the front of its table if that frees half of it, and has the table grow if not.
  (func $makeRoom
    (local $length i32)
    (if (i32.lt_u (global.get $head) (i32.shr_u (table.size $queue) (i32.const 1)))
      (then
        (drop (table.grow $queue (ref.null extern) (table.size $queue)))
        (return)))
    (local.set $length (i32.sub (global.get $tail) (global.get $head)))
    (table.copy $queue $queue (i32.const 0) (global.get $head) (local.get $length))
    (table.fill $queue (local.get $length) (ref.null extern) (global.get $head))
    (global.set $head (i32.const 0))
    (global.set $tail (local.get $length)))

  ;; wake wakes Go in a task.
  (func (export "wake")
    (global.set $posted (i32.const 1))
    (call $tryWake))

  ;; tryWake does nothing once the program has exited, which a socket outlives that it has not closed.
  (func $tryWake
    (global.set $taken (i32.const 0))
    (if (i32.eqz (call $get (global.get $program) (global.get $exitedKey)))
      (then
        (call $ready (global.get $number))
        (call $callWith (global.get $resume) (global.get $program) (ref.null extern)))))

  ;; guard calls a js.Func with an event. It throws if the program has exited, which would be an error in the page's console for
  ;; each event. In Go nothing else is thrown: a panic ends the program, and a trap can't be caught.
  (func (export "guard") (param $function externref) (param $event externref)
    (try (do (call $callWith (local.get $function) (ref.null extern) (local.get $event))) (catch_all)))

  ;; first returns what is first in the queue, null if there is nothing.
  (func (export "first") (result externref)
    (if (i32.eq (global.get $head) (global.get $tail))
      (then (return (ref.null extern))))
    (table.get $queue (global.get $head)))

  ;; pack packs messages until one does not fit, and behind them the time, and returns eight times their bytes, plus one if none is
  ;; left: then $next is set, for the next message; and plus four if $onFlag or $post is to be set for that. A binary
  ;; message of more than $most bytes, or a long text, that is the first is put into memory alone and without a head, and pack
  ;; returns eight times its bytes plus two, or three if it is text. 0 says that the first is for take.
  (func (export "pack") (param $most i32) (result i32)
    (local $at i32) (local $size i32) (local $data externref) (local $text i32)
    (loop $each
      (if (i32.eq (global.get $head) (global.get $tail))
        (then
          (global.set $head (i32.const 0))
          (global.set $tail (i32.const 0))
          (return (i32.or (call $packTime (local.get $at)) (call $setNext)))))
      (local.set $data (table.get $queue (global.get $head)))
      (local.set $text (call $isText (local.get $data)))
      (local.set $size
        (if (result i32) (local.get $text)
          (then (call $packText (local.get $data) (i32.add (local.get $at) (i32.const 4))))
          (else (call $packBytes (local.get $data) (i32.add (local.get $at) (i32.const 4)) (local.get $most)))))
      (if (i32.ge_s (local.get $size) (i32.const 0))
        (then
          (i32.store (local.get $at) (i32.or (i32.shl (local.get $size) (i32.const 1)) (local.get $text)))
          (local.set $at (i32.add (local.get $at) (i32.add (local.get $size) (i32.const 4))))
          (call $drop)
          (br $each))))
    (if (i32.or (local.get $at) (i32.lt_s (local.get $most) (i32.const 0)))
      (then (return (call $packTime (local.get $at)))))
    (local.set $size
      (if (result i32) (local.get $text)
        (then (call $encodeTo (local.get $data) (global.get $view) (global.get $viewSize)))
        (else (call $copy (local.get $data) (i32.const 0) (global.get $viewSize)))))
    (if (i32.lt_s (local.get $size) (i32.const 0))
      (then (return (i32.const 0))))
    (call $drop)
    (i32.or (i32.shl (local.get $size) (i32.const 3)) (i32.or (i32.const 2) (local.get $text))))

  ;; packTime packs the time in milliseconds behind messages of $end bytes, unless there is none, and returns what pack does.
  (func $packTime (param $end i32) (result i32)
    (local $now f64)
    (local.set $now (call $clock))
    (global.set $seldom (f64.gt (f64.sub (local.get $now) (global.get $packed)) (global.get $long)))
    (global.set $packed (local.get $now))
    (if (i32.eqz (local.get $end))
      (then (return (i32.const 0))))
    (f64.store (local.get $end) (local.get $now))
    (i32.shl (i32.add (local.get $end) (i32.const 8)) (i32.const 3)))

  ;; setNext sets $next and returns what pack says of it.
  (func $setNext (result i32)
    (global.set $next (i32.const 1))
    (if (i32.gt_s (global.get $taken) (i32.const 1))
      (then (call $paid))
      (else
        (if (global.get $posted)
          (then (call $wasInVain)))))
    (global.set $posted (i32.const 0))
    (if (i32.and (global.get $seldom) (i32.le_s (global.get $taken) (i32.const 1)))
      (then (return (i32.const 1))))
    (if (global.get $without)
      (then
        (global.set $without (i32.sub (global.get $without) (i32.const 1)))
        (return (i32.const 1))))
    (if (ref.is_null (select (result externref) (global.get $post) (global.get $onFlag) (call $usesPort)))
      (then (return (i32.const 5))))
    (global.set $next (i32.const 2))
    (i32.const 1))

  ;; paid is called when Go has taken more than one. A port must have that happen four times, before the flag has it once.
  (func $paid
    (global.set $inVain (i32.const 0))
    (global.set $without (i32.const 0))
    (if (i32.or (global.get $decided) (i32.eqz (global.get $posted)))
      (then (return)))
    (if (global.get $usePort)
      (then
        (global.set $portPaid (i32.add (global.get $portPaid) (i32.const 1)))
        (if (i32.lt_s (global.get $portPaid) (i32.const 4))
          (then
            (global.set $usePort (i32.const 0))
            (return)))))
    (global.set $decided (i32.const 1)))

  ;; wasInVain is called when it has not, though it was woken in a task.
  (func $wasInVain
    (if (i32.eqz (global.get $decided))
      (then (global.set $usePort (i32.eqz (global.get $usePort)))))
    (if (i32.lt_s (global.get $inVain) (i32.const 20))
      (then (global.set $inVain (i32.add (global.get $inVain) (i32.const 1)))))
    (global.set $without (i32.shr_u (i32.mul (global.get $inVain) (global.get $inVain)) (i32.const 3))))

  ;; drop drops the first of the queue.
  (func $drop
    (table.set $queue (global.get $head) (ref.null extern))
    (global.set $head (i32.add (global.get $head) (i32.const 1)))
    (global.set $taken (i32.add (global.get $taken) (i32.const 1))))

  ;; isText tells a text from a buffer. Strings alone have a length of their own.
  (func $isText (param $data externref) (result i32)
    (if (result i32) (call $isString (global.get $lengthKey))
      (then (call $isString (local.get $data)))
      (else
        (try (result i32)
          (do (call $hasOwn (local.get $data) (global.get $lengthKey)))
          (catch_all (i32.const 0)))))) ;; null, of an event that a page has made

  ;; packBytes packs a buffer of at most $most bytes. What packs returns a size, or -1 if it is too large.
  (func $packBytes (param $buffer externref) (param $at i32) (param $most i32) (result i32)
    (local $room i32)
    (local.set $room (i32.sub (global.get $room) (local.get $at)))
    (call $copy (local.get $buffer) (local.get $at)
      (select (local.get $most) (local.get $room) (i32.lt_s (local.get $most) (local.get $room)))))

  ;; copy copies a buffer of at most $most bytes to memory.
  (func $copy (param $buffer externref) (param $at i32) (param $most i32) (result i32)
    (local $size i32)
    (try
      (do (local.set $size (call $byteLength (local.get $buffer))))
      (catch_all (return (i32.const -1)))) ;; an event, or a Blob, if the program has asked the browser for it
    (if (i32.gt_s (local.get $size) (local.get $most))
      (then (return (i32.const -1))))
    (if (i32.eqz (local.get $size)) ;; or the buffer is gone: a script has sent it elsewhere
      (then (return (i32.const 0))))
    (call $set (global.get $view) (call $construct (global.get $bytesClass) (call $list (local.get $buffer))) (local.get $at))
    (local.get $size))

  ;; packText packs a text as UTF-8. A long one is written where it belongs: a view for that takes less time than to copy it there.
  (func $packText (param $text externref) (param $at i32) (result i32)
    (local $size i32)
    (if (i32.gt_u (i32.add (local.get $at) (call $length (local.get $text))) (global.get $room))
      (then (return (i32.const -1))))
    (local.set $size (call $packASCII (local.get $text) (local.get $at)))
    (if (local.get $size)
      (then (return (local.get $size))))
    (if (i32.gt_u (call $length (local.get $text)) (i32.const 4096))
      (then (return (call $encodeTo (local.get $text)
        (call $part (global.get $view) (local.get $at) (global.get $room)) (i32.sub (global.get $room) (local.get $at))))))
    (local.set $size (call $encodeTo (local.get $text) (global.get $draft) (global.get $draftSize)))
    (if (i32.gt_s (i32.add (local.get $at) (local.get $size)) (global.get $room))
      (then (return (i32.const -1))))
    (if (i32.gt_s (local.get $size) (i32.const 0))
      (then (memory.copy (local.get $at) (global.get $draftAt) (local.get $size))))
    (local.get $size))

  ;; packASCII packs a text that is short and ASCII, for which encodeTo would take longer. For any other it returns 0.
  (func $packASCII (param $text externref) (param $at i32) (result i32)
    (local $length i32) (local $done i32) (local $code i32)
    (local.set $length (call $length (local.get $text)))
    (if (i32.gt_u (local.get $length) (i32.const 64))
      (then (return (i32.const 0))))
    (block $all
      (loop $each
        (br_if $all (i32.eq (local.get $done) (local.get $length)))
        (local.set $code (call $codeAt (local.get $text) (local.get $done)))
        (if (i32.gt_u (local.get $code) (i32.const 0x7F))
          (then (return (i32.const 0))))
        (i32.store8 (i32.add (local.get $at) (local.get $done)) (local.get $code))
        (local.set $done (i32.add (local.get $done) (i32.const 1)))
        (br $each)))
    (local.get $length))

  ;; encodeTo writes a text as UTF-8. Four bytes that are left over say that nothing was left out.
  (func $encodeTo (param $text externref) (param $to externref) (param $size i32) (result i32)
    (local $written i32)
    (local.set $written (call $get (call $encode (global.get $encoder) (local.get $text) (local.get $to)) (global.get $writtenKey)))
    (select (i32.const -1) (local.get $written)
      (i32.gt_s (i32.add (local.get $written) (i32.const 4)) (local.get $size))))

  ;; send sends a message that Go has put into memory. $head is what it would be packed with.
  (func (export "send") (param $head i32)
    (call $sendAt (i32.const 0) (local.get $head)))

  ;; sendPacked sends the messages that Go has packed into the first $end bytes.
  (func (export "sendPacked") (param $end i32)
    (local $at i32) (local $head i32)
    (loop $each
      (local.set $head (i32.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (call $sendAt (local.get $at) (local.get $head))
      (local.set $at (i32.add (local.get $at) (i32.shr_u (local.get $head) (i32.const 1))))
      (br_if $each (i32.lt_u (local.get $at) (local.get $end)))))

  (func $sendAt (param $at i32) (param $head i32)
    (local $message externref)
    (local.set $message (call $part (global.get $view) (local.get $at) (i32.add (local.get $at) (i32.shr_u (local.get $head) (i32.const 1)))))
    (if (i32.and (local.get $head) (i32.const 1))
      (then (local.set $message (call $decode (global.get $decoder) (local.get $message)))))
    (call $socketSend (local.get $message)))

  ;; clear empties the queue.
  (func (export "clear")
    (table.fill $queue (i32.const 0) (ref.null extern) (table.size $queue))
    (global.set $head (i32.const 0))
    (global.set $tail (i32.const 0)))

  ;; take takes the first as it is. There must be one.
  (func (export "take") (result externref)
    (table.get $queue (global.get $head))
    (call $drop)))
