// The floor: what a page does without Go. It does what load/load.go does, in the same order.
"use strict";

ready(order => new Promise((resolve, reject) => {
	const { task, text, size, window: under, batch } = order;
	const make = first => text ? String.fromCharCode(first) + "a".repeat(size - 1) : new Uint8Array(size).fill(first, 0, 1);
	const ordinary = make(0), lastOfBatch = make(1);
	const want = task === "send" ? 1 : size;
	let deadline, sent, received, limit, over, failed = reject;

	const ws = new WebSocket(order.url);
	ws.binaryType = "arraybuffer";
	ws.onclose = e => failed(new Error(`closed with code ${e.code}`));
	ws.onopen = () => resolve(run);
	ws.onmessage = e => {
		const data = e.data;
		const length = typeof data === "string" ? data.length : data.byteLength;
		if (length !== want || (typeof data === "string") !== text) failed(new Error(`got a message of ${length} bytes, want ${want}`));
		on[task](data);
	};

	const run = time => new Promise((resolve, reject) => {
		[over, failed] = [resolve, reject];
		deadline = performance.now() + time;
		sent = received = limit = 0;
		begin[task]();
	});
	const inTime = () => performance.now() < deadline;

	const begin = {
		echo() {
			limit = batch;
			for (let i = 0; i < under; i++) {
				sent++;
				ws.send(ordinary);
			}
		},
		receive: ask,
		send() {
			sendBatch();
			sendBatch();
		},
	};
	const on = {
		echo(data) {
			received++;
			if (sent === limit && inTime()) limit += batch;
			if (sent < limit) {
				sent++;
				ws.send(data);
			} else if (received === sent) {
				over(received);
			}
		},
		receive() {
			received++;
			if (received === limit - batch / 2 && inTime()) ask();
			if (received === limit) over(received);
		},
		send() {
			received += batch;
			if (inTime()) sendBatch();
			else if (received === sent) over(received);
		},
	};
	function ask() {
		limit += batch;
		ws.send(String(batch));
	}
	function sendBatch() {
		sent += batch;
		for (let i = 1; i < batch; i++) ws.send(ordinary);
		ws.send(lastOfBatch);
	}
}));
