//go:build js

package jsclass_test

var rows = []row{
	// The constructor: WebSockets Standard, 3.1; Web IDL, 3.2.
	{name: "it is a function", script: `return typeof WebSocket`, want: `"function"`},
	{name: "no argument", script: `return outcome(() => new WebSocket())`, want: `"TypeError"`},
	{name: "no new", script: `return outcome(() => WebSocket(server))`, want: `"TypeError"`},
	{name: "URLs that can't be", script: `return ["ws://", "ws://h:99999/", "ws://[::1", "ftp://h/", "mailto:a@h", "about:blank", "javascript:1",
		"data:text/plain,", "ws://h/#f", "ws://h/#", "http://h/#f", "#f"].filter(url => outcome(() => new WebSocket(url)) !== "DOMException SyntaxError")`,
		want: `[]`},
	{name: "the exception of a URL", script: `try { new WebSocket("ftp://h/") } catch (e) { return [e.name, e.code, e instanceof DOMException, e.message !== ""] }`,
		want: `["SyntaxError",12,true,true]`},
	{name: "http stands for ws", script: `const ws = new WebSocket(server.replace("ws:", "HTTP:") + "/a?next=http://x/"); return ws.url === server + "/a?next=http://x/"`,
		want: `true`},
	{name: "https stands for wss", script: `return new WebSocket("https://127.0.0.1:1/").url`, want: `"wss://127.0.0.1:1/"`},
	{name: "URLs are serialized", script: `return ["WS://LocalHost:80", "ws://127.0.0.1:80/a/../b c?d e", "ws://127.0.0.1:1/é", "ws://127.0.0.1:1/\uD800", " ws://127.0.0.1:1/\n",
		"ws://u:p@127.0.0.1:1/"].map(url => new WebSocket(url).url)`,
		want: `["ws://localhost/","ws://127.0.0.1/b%20c?d%20e","ws://127.0.0.1:1/%C3%A9","ws://127.0.0.1:1/%EF%BF%BD","ws://127.0.0.1:1/","ws://u:p@127.0.0.1:1/"]`},
	{name: "a URL relative to the page's", script: `return new WebSocket("../x?y").url === location.origin.replace("http", "ws") + "/x?y"`, want: `true`},
	{name: "a URL that is an object", script: `return [new URL("ws://127.0.0.1:1/u"), {toString: () => "ws://127.0.0.1:1/o"}, ["ws://127.0.0.1:1/a"]].map(url => new WebSocket(url).url)`,
		want: `["ws://127.0.0.1:1/u","ws://127.0.0.1:1/o","ws://127.0.0.1:1/a"]`},
	{name: "a URL that is a symbol", script: `return outcome(() => new WebSocket(Symbol()))`, want: `"TypeError"`},
	{name: "a URL whose conversion throws", script: `return outcome(() => new WebSocket({toString() { throw "mine" }}))`, want: `"mine"`},
	{name: "subprotocols that can't be", script: `return ["", " ", "a b", "a,b", "é", "\u007f", "a/b", ["a", "a"], ["a", ""], [[]], {}, "\uD800"]
		.filter(p => outcome(() => new WebSocket(idle, p)) !== "DOMException SyntaxError")`, want: `[]`},
	{name: "subprotocols that can be", script: `return ["chat", [], ["a", "A"], ["a", "b"], null, undefined, 7, true, new Set(["s"]), ["x", 1]]
		.filter(p => outcome(() => new WebSocket(idle, p)) !== "ok")`, want: `[]`},
	{name: "what is asked for", script: `
		const asked = async p => {
			const ws = new WebSocket(server + "/headers", p);
			const header = (await next(ws, "message")).data.match(/^Sec-Websocket-Protocol: (.*)$/m);
			ws.close();
			return header && header[1];
		};
		function* generated() { yield "g"; yield 1; }
		return [await asked("a"), await asked(["a", "b"]), await asked(null), await asked(), await asked([]), await asked(generated()), await asked(new String("ab"))]`,
		want: `["a","a, b","null",null,null,"g, 1","a, b"]`},
	{name: "subprotocols whose iteration throws", script: `return [{get [Symbol.iterator]() { throw "get" }}, {[Symbol.iterator]() { throw "call" }},
		{[Symbol.iterator]: 1}, [Symbol()], Symbol()].map(p => outcome(() => new WebSocket(idle, p)))`, want: `["get","call","TypeError","TypeError","TypeError"]`},
	{name: "the URL is converted first, and checked last", script: `
		const order = [], text = (name, s) => ({toString() { order.push(name); return s; }});
		order.push(outcome(() => new WebSocket(text("url", "ftp://h/"), [text("protocol", "p"), {toString() { throw "mine" }}])));
		return order`, want: `["url","protocol","mine"]`},
	{name: "further arguments are ignored", script: `return outcome(() => new WebSocket(idle, [], Symbol()))`, want: `"ok"`},
	{name: "a new socket", script: `
		const ws = new WebSocket(idle);
		return [ws.readyState, ws.protocol, ws.extensions, ws.bufferedAmount, ws.binaryType, ws.onopen, ws.onmessage, ws.onerror, ws.onclose]`,
		want: `[0,"","",0,"blob",null,null,null,null]`},

	// What the class looks like: Web IDL, 3.7.
	{name: "its name and length", script: `return [WebSocket.name, WebSocket.length, String(WebSocket.prototype), Object.prototype.toString.call(new WebSocket(idle))]`,
		want: `["WebSocket",1,"[object WebSocket]","[object WebSocket]"]`},
	{name: "it extends EventTarget", script: `
		const ws = new WebSocket(idle);
		return [Object.getPrototypeOf(WebSocket) === EventTarget, Object.getPrototypeOf(WebSocket.prototype) === EventTarget.prototype,
			Object.getPrototypeOf(ws) === WebSocket.prototype, ws instanceof WebSocket, ws instanceof EventTarget, WebSocket.prototype.constructor === WebSocket]`,
		want: `[true,true,true,true,true,true]`},
	{name: "an object has no properties of its own", script: `return Reflect.ownKeys(new WebSocket(idle)).length`, want: `0`},
	{name: "the prototype's properties", script: `return Reflect.ownKeys(WebSocket.prototype).map(String).sort()`,
		want: `["CLOSED","CLOSING","CONNECTING","OPEN","Symbol(Symbol.toStringTag)","binaryType","bufferedAmount","close","constructor","extensions",` +
			`"onclose","onerror","onmessage","onopen","protocol","readyState","send","url"]`},
	{name: "the class's properties", script: `return Reflect.ownKeys(WebSocket).map(String).sort()`, want: `["CLOSED","CLOSING","CONNECTING","OPEN","length","name","prototype"]`},
	{name: "what enumerating finds", script: `
		const names = [];
		for (const name in new WebSocket(idle)) names.push(name);
		return names.sort()`, want: `["CLOSED","CLOSING","CONNECTING","OPEN","addEventListener","binaryType","bufferedAmount","close","dispatchEvent","extensions",` +
		`"onclose","onerror","onmessage","onopen","protocol","readyState","removeEventListener","send","url"` + when + `]`},
	{name: "the constants", script: `
		const ws = new WebSocket(idle), names = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
		const flags = d => [d.value, d.writable, d.enumerable, d.configurable];
		return [[WebSocket, WebSocket.prototype].map(on => names.map(n => flags(Object.getOwnPropertyDescriptor(on, n)))), names.map(n => ws[n])]`,
		want: `[[[[0,false,true,false],[1,false,true,false],[2,false,true,false],[3,false,true,false]],` +
			`[[0,false,true,false],[1,false,true,false],[2,false,true,false],[3,false,true,false]]],[0,1,2,3]]`},
	{name: "the attributes", script: `
		return ["url", "readyState", "bufferedAmount", "extensions", "protocol", "binaryType", "onopen"].map(name => {
			const d = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
			return [d.enumerable, d.configurable, d.get.name, d.get.length, d.set ? d.set.name + d.set.length : "none"];
		})`, want: `[[true,true,"get url",0,"none"],[true,true,"get readyState",0,"none"],[true,true,"get bufferedAmount",0,"none"],[true,true,"get extensions",0,"none"],` +
		`[true,true,"get protocol",0,"none"],[true,true,"get binaryType",0,"set binaryType1"],[true,true,"get onopen",0,"set onopen1"]]`},
	{name: "the methods", script: `
		return ["close", "send"].map(name => {
			const d = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
			return [d.enumerable, d.configurable, d.writable, typeof d.value, d.value.name, d.value.length, "prototype" in d.value, outcome(() => new d.value)];
		})`, want: `[[true,true,true,"function","close",0,false,"TypeError"],[true,true,true,"function","send",1,false,"TypeError"]]`},
	{name: "the prototype, the constructor and the tag", script: `
		const flags = (on, name) => { const d = Object.getOwnPropertyDescriptor(on, name); return [d.writable, d.enumerable, d.configurable]; };
		return [flags(WebSocket, "prototype"), flags(WebSocket.prototype, "constructor"), flags(WebSocket.prototype, Symbol.toStringTag)]`,
		want: `[[false,false,false],[true,false,true],[false,false,true]]`},
	{name: "members of what is no socket", script: `
		const p = WebSocket.prototype, of = name => Object.getOwnPropertyDescriptor(p, name);
		return [() => p.url, () => p.onopen, () => of("readyState").get.call({}), () => of("binaryType").set.call(new EventTarget, "blob"),
			() => p.send.call(p, "x"), () => p.close(), () => (0, p.send)("x"), () => { p.onopen = null }].map(outcome)`,
		want: `["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"]`},
	{name: "read-only attributes", script: `
		"use strict";
		const ws = new WebSocket(idle);
		return ["url", "readyState", "bufferedAmount", "extensions", "protocol", "OPEN"].map(name => outcome(() => { ws[name] = 9 })).concat(ws.readyState, ws.OPEN)`,
		want: `["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError",0,1]`},
	{name: "a subclass", script: `
		class Mine extends WebSocket {
			constructor(path) { super(server + path); this.mine = 1; this.onopen = () => this.send("x"); }
			send(data) { super.send(data + data); }
		}
		const ws = new Mine("/echo"), got = (await next(ws, "message")).data;
		ws.close();
		return [got, ws instanceof Mine, ws instanceof WebSocket, ws.mine, ws.constructor === Mine, Mine.OPEN]`, want: `["xx",true,true,1,true,1]`},
	{name: "the constructor's new.target", script: `
		const Other = function() {};
		const ws = Reflect.construct(WebSocket, [idle], Other);
		return [Object.getPrototypeOf(ws) === Other.prototype, Object.getOwnPropertyDescriptor(WebSocket.prototype, "readyState").get.call(ws)]`, want: `[true,0]`},

	// send: WebSockets Standard, 3.1; the union of Web IDL, 3.2.24.
	{name: "send while connecting", script: `
		const ws = new WebSocket(idle);
		return [outcome(() => ws.send("x")), outcome(() => ws.send(new Blob)), ws.bufferedAmount, ws.readyState]`,
		want: `["DOMException InvalidStateError","DOMException InvalidStateError",0,0]`},
	{name: "send converts before it looks at the state", script: `const ws = new WebSocket(idle); return [outcome(() => ws.send()), outcome(() => ws.send(Symbol()))]`,
		want: `["TypeError","TypeError"]`},
	{name: "strings and what becomes one", script: `return echo("", "héllo 😀", 7, null, undefined, true, {}, {toString: () => "mine"}, [1, 2], 10n)`,
		want: `["","héllo 😀","7","null","undefined","true","[object Object]","mine","1,2","10"]`},
	{name: "strings that are no Unicode", script: `return echo("a\uD800b", "\uDC00\uD800", "\uFEFFbom", "\uFEFF")`, want: "[\"a\uFFFDb\",\"\uFFFD\uFFFD\",\"\uFEFFbom\",\"\uFEFF\"]"},
	{name: "NUL and line ends", script: `return echo("a\0b\r\nc")`, want: `["a\u0000b\r\nc"]`},
	{name: "buffers and views", script: `
		const b = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
		return echo(b, new Uint8Array(b, 2, 3), new DataView(b, 6), new Uint16Array(b, 4, 1), new Float64Array(b), new ArrayBuffer(0), new BigInt64Array(b))`,
		want: `["bytes 1,2,3,4,5,6,7,8","bytes 3,4,5","bytes 7,8","bytes 5,6","bytes 1,2,3,4,5,6,7,8","bytes ","bytes 1,2,3,4,5,6,7,8"]`},
	{name: "Blobs and Files", script: `return echo(new Blob(["ab", "c"]), new File(["d"], "name"), new Blob)`, want: `["bytes 97,98,99","bytes 100","bytes "]`},
	{name: "a detached buffer", script: `const b = new ArrayBuffer(8), v = new Uint8Array(b); structuredClone(b, {transfer: [b]}); return echo(b, v)`, want: `["bytes ","bytes "]`},
	{name: "a shared buffer", script: `
		const b = new WebAssembly.Memory({initial: 1, maximum: 1, shared: true}).buffer, ws = await open();
		ws.close();
		return [outcome(() => ws.send(b)), outcome(() => ws.send(new Uint8Array(b))), outcome(() => ws.send(new DataView(b)))]`,
		want: `["TypeError","TypeError","TypeError"]`},
	{name: "a resizable buffer", script: `
		const b = new ArrayBuffer(1, {maxByteLength: 2}), ws = await open();
		ws.close();
		return [outcome(() => ws.send(b)), outcome(() => ws.send(new DataView(b)))]`, want: `["TypeError","TypeError"]`},
	{name: "what is sent is what was there", script: `
		const ws = await open(), bytes = new Uint8Array([1, 2]);
		const returned = ws.send(bytes);
		bytes.fill(9);
		const got = show((await next(ws, "message")).data);
		ws.close();
		return [got, returned === undefined]`, want: `["bytes 1,2",true]`},
	{name: "a conversion that throws", script: `const ws = await open(); ws.close(); return outcome(() => ws.send({toString() { throw "mine" }}))`, want: `"mine"`},
	{name: "bufferedAmount counts bytes", script: `
		const ws = await open(), amounts = [];
		for (const data of ["é€", new ArrayBuffer(10), new Blob(["abc"]), "\uD800"]) { ws.send(data); amounts.push(ws.bufferedAmount); }
		ws.close();
		return amounts`, want: `[5,15,18,21]`},
	{name: "bufferedAmount of what is dropped", script: `
		const ws = await open();
		ws.close();
		ws.send("closing");
		const closing = ws.bufferedAmount;
		await next(ws, "close");
		ws.send(new ArrayBuffer(3));
		return [closing, ws.bufferedAmount, ws.readyState]`, want: `[7,10,3]`},

	// close: WebSockets Standard, 3.1; [Clamp], Web IDL, 3.2.4.9.
	{name: "codes that may not be sent", script: `
		const ws = new WebSocket(idle);
		return [0, 1, 999, 1001, 1005, 1006, 2999, 5000, 65535, 65536, -1, NaN, Infinity, -Infinity, null, "x", false, 4999.5, 999.4, {}, [], "", 1000.6]
			.filter(code => outcome(() => ws.close(code)) !== "DOMException InvalidAccessError")`, want: `[]`, chromium: `[4999.5,1000.6]`, because: cutsOff},
	{name: "codes that may be sent", script: `
		return [undefined, 1000, 3000, 4999, "3000", 999.5, 999.6, 1000.5, 2999.5, 4999.4, {valueOf: () => 1000}, [4000], "1e3"]
			.filter(code => outcome(() => new WebSocket(idle).close(code)) !== "ok")`, want: `[]`, chromium: `[999.5,999.6,2999.5]`, because: cutsOff},
	{name: "codes that are no numbers", script: `const ws = new WebSocket(idle); return [Symbol(), 1000n, {valueOf() { throw "mine" }}].map(code => outcome(() => ws.close(code)))`,
		want: `["TypeError","TypeError","mine"]`},
	{name: "how long a reason may be", script: `
		return ["a".repeat(123), "a".repeat(124), "é".repeat(61), "é".repeat(62), "\uD800".repeat(41), "\uD800".repeat(42)]
			.map(reason => outcome(() => new WebSocket(idle).close(1000, reason)))`,
		want: `["ok","DOMException SyntaxError","ok","DOMException SyntaxError","ok","DOMException SyntaxError"]`},
	{name: "a reason too long without a code", script: `return outcome(() => new WebSocket(idle).close(undefined, "a".repeat(124)))`, want: `"DOMException SyntaxError"`,
		chromium: `"DOMException InvalidAccessError"`, because: undefinedIsZero},
	{name: "a reason that can't be converted", script: `const ws = new WebSocket(idle); return [outcome(() => ws.close(1000, Symbol())), ws.readyState]`, want: `["TypeError",0]`},
	{name: "what is looked at first", script: `
		const ws = new WebSocket(idle), order = [];
		order.push(outcome(() => ws.close(5000, "a".repeat(124))));
		order.push(outcome(() => ws.close({valueOf() { order.push("code"); return 5; }}, {toString() { order.push("reason"); return ""; }})));
		return order`, want: `["DOMException InvalidAccessError","code","reason","DOMException InvalidAccessError"]`},
	{name: "an error leaves the state", script: `
		const ws = await open();
		const got = [outcome(() => ws.close(1001)), ws.readyState, outcome(() => ws.close(1000, "a".repeat(124))), ws.readyState];
		ws.close();
		await next(ws, "close");
		return got.concat(outcome(() => ws.close(0)), outcome(() => ws.close(1000, "a".repeat(124))), outcome(() => ws.close(1000)))`,
		want: `["DOMException InvalidAccessError",1,"DOMException SyntaxError",1,"DOMException InvalidAccessError","DOMException SyntaxError","ok"]`},
	{name: "what the close event says", script: `
		const got = [];
		for (const args of [[], [1000], [3000, "bye"], [4999, ""], [3000, "é\uD800"], ["4000", null], [1000, undefined]]) {
			const ws = await open();
			ws.close(...args);
			got.push(await end(ws));
		}
		return got`, want: `[[1005,"",true],[1000,"",true],[3000,"bye",true],[4999,"",true],[3000,"é` + "\uFFFD" + `",true],[4000,"null",true],[1000,"",true]]`},
	{name: "a reason without a code", script: `const ws = await open(); ws.close(undefined, "alone"); return end(ws)`, want: `[1000,"alone",true]`,
		chromium: `rejected: InvalidAccessError: Failed to execute 'close' on 'WebSocket': The close code must be either 1000, or between 3000 and 4999. 0 is neither.`,
		because:  undefinedIsZero},
	{name: "close returns nothing and the first call wins", script: `
		const ws = await open();
		const got = [ws.close(3000, "first") === undefined, ws.readyState];
		ws.close(4000, "second");
		return got.concat(await end(ws))`, want: `[true,2,3000,"first",true]`},
	{name: "close while connecting", script: `
		const ws = new WebSocket(server + "/raw?delay=5000"), events = log(ws);
		ws.close(3000, "not sent");
		events.push("returned/" + ws.readyState);
		await Promise.resolve();
		events.push("microtask/" + ws.readyState);
		await next(ws, "close");
		return events`, want: `["returned/2","microtask/2","error/3","close/3"]`},
	{name: "close in the open event", script: `const ws = new WebSocket(server + "/send?text=a&text=b"), events = log(ws); ws.onopen = () => ws.close(); await next(ws, "close"); return events`,
		want: `["open/1","close/3"]`},
	{name: "no message behind close", script: `const ws = new WebSocket(server + "/send?n=20&size=3"), events = log(ws); ws.onmessage = () => ws.close(); await next(ws, "close"); return events`,
		want: `["open/1","message/1","close/3"]`},

	// Events: WebSockets Standard, 4; DOM Standard, 2.
	{name: "the order of events", script: `const ws = new WebSocket(server + "/send?text=a&text=b&close=3000&reason=r"), events = log(ws); return [await end(ws), events]`,
		want: `[[3000,"r",true],["open/1","message/1","message/1","close/3"]]`},
	{name: "a handshake that fails", script: `const ws = new WebSocket(server + "/status?code=404"), events = log(ws); return [await end(ws), events]`,
		want: `[[1006,"",false],["error/3","close/3"]]`},
	{name: "the server's Close without a code", script: `return end(new WebSocket(server + "/close"))`, want: `[1005,"",true]`},
	{name: "what the events are", script: `
		const ws = new WebSocket(server + "/send?text=a&close=1000");
		const kinds = await Promise.all(["open", "message", "close"].map(async type => {
			const e = await next(ws, type);
			await task();
			return [e.constructor.name, e.type, e.target === ws, e.bubbles, e.cancelable, e.composed, e.defaultPrevented, e.eventPhase, e.timeStamp > 0];
		}));
		const failed = new WebSocket(server + "/status"), e = await next(failed, "error");
		return kinds.concat([[e.constructor === Event, e.type]])`,
		want: `[["Event","open",true,false,false,false,false,0,true],["MessageEvent","message",true,false,false,false,false,0,true],` +
			`["CloseEvent","close",true,false,false,false,false,0,true],[true,"error"]]`},
	{name: "events are trusted", script: `return (await next(new WebSocket(idle), "open")).isTrusted`, want: `true`,
		ours: `false`, why: "only a browser can make trusted events"},
	{name: "what a MessageEvent has", script: `const e = await next(new WebSocket(server + "/send?text=a"), "message"); return [e.data, e.origin === server, e.lastEventId, e.source, e.ports]`,
		want: `["a",true,"",null,[]]`},
	{name: "what a listener sees", script: `
		const ws = new WebSocket(idle);
		return new Promise(resolve => ws.addEventListener("open", function(e) {
			resolve([this === ws, e.currentTarget === ws, e.eventPhase, e.composedPath().length, e.composedPath()[0] === ws, ws.readyState]);
		}))`, want: `[true,true,2,1,true,1]`},
	{name: "negotiated when open fires", script: `
		const ws = new WebSocket(server + "/echo?deflate=1", ["chat", "other"]);
		return new Promise(resolve => ws.onopen = () => { resolve([ws.protocol, ws.extensions.split(";")[0]]); ws.close(); })`, want: `["chat","permessage-deflate"]`},
	{name: "each event is a task of its own", script: `
		const ws = new WebSocket(server + "/send?text=a&text=b&text=c&close=1000"), order = [];
		ws.onmessage = e => { order.push(e.data); Promise.resolve().then(() => order.push(e.data + "'")).then(() => order.push(e.data + "''")); };
		await next(ws, "close");
		return order`, want: `["a","a'","a''","b","b'","b''","c","c'","c''"]`},
	{name: "microtasks between the listeners of an event", script: `
		const ws = new WebSocket(server + "/close"), order = [];
		ws.addEventListener("open", () => { order.push("a"); queueMicrotask(() => order.push("microtask")); });
		ws.addEventListener("open", () => order.push("b"));
		await next(ws, "close");
		return order`, want: `["a","microtask","b"]`, ours: `["a","b","microtask"]`, why: "a script dispatches the event, and microtasks wait for its end"},
	{name: "a listener that comes in a microtask of the open event", script: `
		const ws = new WebSocket(server + "/send?text=a");
		await next(ws, "open");
		return (await next(ws, "message")).data`, want: `"a"`},
	{name: "the kinds of listeners", script: `
		const ws = new WebSocket(server + "/send?text=a&text=b&close=1000"), got = [], abort = new AbortController();
		ws.addEventListener("message", {handleEvent() { got.push("object") }});
		ws.addEventListener("message", () => got.push("once"), {once: true});
		ws.addEventListener("message", () => got.push("signal"), {signal: abort.signal});
		const gone = () => got.push("gone"), twice = () => { got.push("twice"); abort.abort(); };
		ws.addEventListener("message", gone);
		ws.removeEventListener("message", gone);
		ws.addEventListener("message", twice);
		ws.addEventListener("message", twice);
		await next(ws, "close");
		return got`, want: `["object","once","signal","twice","object","twice"]`},
	{name: "a listener that stops the others", script: `
		const ws = new WebSocket(server + "/close"), got = [];
		ws.addEventListener("open", e => { got.push(1); e.stopImmediatePropagation(); });
		ws.onopen = () => got.push(2);
		await next(ws, "close");
		return got`, want: `[1]`},
	{name: "a listener that throws is reported", script: `
		const ws = new WebSocket(idle), got = [];
		const report = e => { e.preventDefault(); e.stopImmediatePropagation(); got.push(String(e.error)); };
		addEventListener("error", report, true);
		ws.onopen = () => { throw "slot" };
		ws.addEventListener("open", () => { throw "listener" });
		ws.addEventListener("open", () => got.push("next"));
		await next(ws, "open"); await task();
		removeEventListener("error", report, true);
		return got`, want: `["slot","listener","next"]`},
	{name: "dispatchEvent", script: `
		const ws = new WebSocket(idle), got = [];
		ws.onmessage = e => got.push(e.type, e.data, e.isTrusted, ws.readyState);
		ws.onopen = function(e) { got.push(this === ws, e.target === ws); return false; };
		return [ws.dispatchEvent(new MessageEvent("message", {data: 7})), ws.dispatchEvent(new Event("open")),
			ws.dispatchEvent(new Event("open", {cancelable: true})), ws.dispatchEvent(new Event("message")), got]`,
		want: `[true,true,false,true,["message",7,false,0,true,true,true,true,"message",null,false,0]]`},

	// Event handler attributes: HTML Standard, 8.1.8.1.
	{name: "what a handler can be", script: `
		const ws = new WebSocket(idle), f = () => {}, o = {};
		return [f, o, null, f, 7, f, "f", undefined, Symbol.iterator].map(v => { ws.onopen = v; return ws.onopen === f ? "f" : ws.onopen === o ? "o" : ws.onopen; })`,
		want: `["f","o",null,"f",null,"f",null,null,null]`},
	{name: "a handler that is no function does nothing", script: `
		const ws = new WebSocket(idle), got = [];
		ws.onopen = {handleEvent() { got.push("called") }};
		ws.dispatchEvent(new Event("open"));
		return got`, want: `[]`},
	{name: "a handler's place", script: `
		const ws = new WebSocket(idle), got = [], fire = () => { ws.dispatchEvent(new Event("open")); got.push("|"); };
		ws.addEventListener("open", () => got.push("a"));
		ws.onopen = () => got.push("slot");
		ws.addEventListener("open", () => got.push("b"));
		fire();
		ws.onopen = () => got.push("slot 2");
		fire();
		ws.onopen = null;
		fire();
		ws.onopen = () => got.push("slot 3");
		fire();
		return got.join(" ")`, want: `"a slot b | a slot 2 b | a b | a b slot 3 |"`},
	{name: "every handler has its events", script: `
		const got = [], ws = new WebSocket(server + "/send?text=a&close=1000");
		ws.onopen = e => got.push(e.type); ws.onmessage = e => got.push(e.data); ws.onclose = e => got.push(e.code);
		await next(ws, "close");
		const failed = new WebSocket(server + "/status");
		failed.onerror = e => got.push(e.type); failed.onclose = e => got.push(e.code);
		await next(failed, "close");
		return got`, want: `["open","a",1000,"error",1006]`},

	// binaryType.
	{name: "values of binaryType", script: `
		const ws = new WebSocket(idle);
		return ["arraybuffer", "x", "Blob", "blob", "", null, "arraybuffer", undefined, {toString: () => "blob"}].map(v => { ws.binaryType = v; return ws.binaryType; })
			.concat(outcome(() => { ws.binaryType = Symbol() }))`,
		want: `["arraybuffer","arraybuffer","arraybuffer","blob","blob","blob","arraybuffer","arraybuffer","blob","TypeError"]`},
	{name: "binaryType when the message is delivered", script: `
		const ws = new WebSocket(server + "/send?binary=01&binary=0203&binary=&close=1000"), got = [];
		ws.onmessage = e => { got.push(e.data.constructor.name + " " + (e.data.size ?? e.data.byteLength)); ws.binaryType = ws.binaryType === "blob" ? "arraybuffer" : "blob"; };
		await next(ws, "close");
		return got`, want: `["Blob 1","ArrayBuffer 2","Blob 0"]`},
	{name: "a Blob's type", script: `const e = await next(new WebSocket(server + "/send?binary=6869"), "message"); return [e.data.type, await e.data.text()]`, want: `["","hi"]`},

	// Data.
	{name: "large messages", script: `
		const ws = await open(), bytes = new Uint8Array(1 << 20).map((_, i) => i * 7), text = "é".repeat(1 << 19);
		ws.send(bytes);
		const b = new Uint8Array((await next(ws, "message")).data);
		ws.send(text);
		const s = (await next(ws, "message")).data;
		ws.close();
		return [b.length, b.every((v, i) => v === bytes[i]), s === text]`, want: `[1048576,true,true]`},
	{name: "many sockets at once", script: `
		const one = async i => { const ws = await open(); ws.send(String(i)); const got = (await next(ws, "message")).data; ws.close(); await next(ws, "close"); return got; };
		return Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(one))`, want: `["0","1","2","3","4","5","6","7"]`},
}

const (
	cutsOff         = "Chromium cuts off a fraction, which [Clamp] rounds"
	undefinedIsZero = "Chromium takes undefined for 0 if a reason follows"
)

// when is a method that EventTarget has in browsers that have Observable.
const when = `,"when"`
