/*
Package peer is a WebSocket server for tests of WebSocket clients: it behaves,
or misbehaves, as the client asks by URL, and tells afterwards what the client
sent.

	func TestClientSaysGoodbye(t *testing.T) {
		server, err := peer.Start()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()

		// The client under test; here it is gorilla's.
		ws, _, err := websocket.DefaultDialer.Dial(server.WS()+"/close?code=3000&reason=go&id=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = ws.ReadMessage() // Close comes and is answered
		ws.Close()
		if !websocket.IsCloseError(err, 3000) {
			t.Errorf("got %v, want a Close with 3000", err)
		}

		// What did the client send?
		record, _, err := websocket.DefaultDialer.Dial(server.WS()+"/recorded?id=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer record.Close()
		_, lines, _ := record.ReadMessage()
		if got := string(lines); got != "request\nclose:3000:\nserver" {
			t.Errorf("got %q", got)
		}
	}

The same URLs are served as ws and wss. For a program in another process there
is the command in the parent directory, which puts the peer's addresses into
the environment of the command it runs.

It is independent of the clients it tests: it is built on gorilla/websocket,
net/http and, where a server must do wrong, on bytes made by hand.

# Environment

	TESTSERVER_WS      base URL ws://127.0.0.1:PORT, no slash at the end
	TESTSERVER_WSS     base URL wss://127.0.0.1:PORT
	TESTSERVER_HTTP    base URL http://127.0.0.1:PORT, the port of TESTSERVER_WS
	TESTSERVER_CA      file with the certificate of the wss port (PEM), removed at the end
	TESTSERVER_SPKI    base64 SHA-256 of its public key, as Chromium's
	                   --ignore-certificate-errors-spki-list takes it
	TESTSERVER_CLOSED  ws:// URL of a port where nothing listens
	TESTSERVER_MUTE    ws:// URL of a port that accepts TCP and never answers; after
	                   90 s it ends the connection

# Endpoints

Every Origin is welcome. Values are percent-encoded as in any query (a plus is
a space). Wrong values and unknown parameters are refused with status 400 and a
text that says what was seen and what was wanted; /echo and /headers take any
parameter. After the answer to a Close frame, and after a failed handshake, the
peer ends its half of TCP, reads on until the client ends TCP (30 s at most)
and only then counts the connection as ended.

	/echo      Echoes each message with its type. A Close frame is answered
	           with the same code and reason, at every endpoint from here to
	           /tcp.
	/headers   Sends one text message: the request line, then, sorted, a line
	           "Name: value" for each header, "Host: …" and
	           "RemoteTLS: true" or "false". Goes on as /echo. Names are in
	           Go's form: Sec-Websocket-Key.
	/close     Sends Close, waits for the answer, ends TCP.
	             code=N          0 to 65535; without it the frame is empty
	             reason=R        up to 123 bytes
	             after=message   not at once but after the client's first message
	/send      Sends messages and goes on as /echo. In this order:
	             text=S, binary=HEX   any number, in the order of the query
	             n=COUNT         so many generated messages, which begin with
	                             their number 0, 1, 2 … and are filled with dots
	             size=BYTES      of the generated messages (number alone: 0)
	             type=text       or binary: of the generated messages
	             close=CODE, reason=R   then Close instead of the echo
	/soak      Sends and receives at once. A message, text or binary, is
	           NUMBER:SUM:CONTENT: its number in its direction, from 0 on, the
	           CRC-32 (IEEE) of the content in 8 hexadecimal digits, and the
	           content. The last one of a direction is the text end:COUNT. The
	           peer closes with 1000 when both directions have ended, and with 3001
	           and what was wrong when a message is not the next or was changed.
	             n=COUNT         of the peer's messages, default 100
	             size=BYTES      of their largest content, default 65536; the
	                             others have a half, a quarter … down to nothing
	/slow      Reads slowly, with a small receive buffer, and discards.
	             rate=N          bytes per second; 0, the default: never reads
	                             after the handshake, until the client ends TCP
	                             (seen on Linux only; at most 90 s)
	/basic     Like /echo for these Basic credentials; 401 for others. (Chromium
	           sends the credentials of the URL if the page came over http.)
	             user=U, password=P

	/tcp       A gateway to TCP: the bytes of binary messages go to a port of the
	           peer's own, and what comes from there comes back in messages. The
	           end of TCP is a Close frame with 1000, or 1011 if there was a reset
	           or no connection at all. A Close frame with 1000 ends TCP, any other
	           end resets it.
	             to=PORT         ws, the default, wss, mute or closed

	/pair      Joins two connections: each gets what the other one sends, its
	           Close frame too, and what it does not take holds the other one back.
	           An end without a Close frame ends both. Who waits for 30 s in vain
	           is closed with 1013.
	             with=NAME       of the pair

	/status    Answers without upgrade.
	             code=N          200 to 599, default 404
	             body=TEXT
	/redirect  Answers with a Location.
	             to=URL
	             code=N          default 302
	/raw       See below.

	/recorded  Waits until all connections with the id have ended, at least
	           one (30 s at most), sends the record as one text message and
	           closes with 1000.
	             id=X
	             now=1           does not wait
	             wait=N          waits for N lines or the end
	/count     Sends the number of open connections apart from this one as a
	           text message and closes with 1000. Every TCP connection counts,
	           the mute port's too.
	             id=X            only those with the id
	             until=N         waits until the number is N (30 s at most)
	/written   Sends, as a text message, how many bytes the peer has written, or
	           is about to, to the open connections with the id, the operating
	           system's buffers included, and closes with 1000.
	             id=X

The parameter times=N, with an id=X, is possible at all of these but /echo,
/headers, /recorded and /count: the first N connections with the id are served
so, those behind them as by /echo. So /status?code=503&times=2&id=X is a server that is down
twice, and /raw?do=rst&times=1&id=X one that loses a connection.

Parameters of all endpoints with an upgrade but /raw:

	protocol=P   the subprotocol of the answer, if the client requests it;
	             without this parameter: the first requested, if any
	deflate=1    agrees to permessage-deflate as gorilla does it, without
	             context takeover

# Records

The parameter id=X, possible at every endpoint, records what clients send over
the connections with that id. A record is made of lines, divided by "\n", in
the order of arrival:

	request                a request came
	request:VALUE          … with this Authorization
	text:STRING            a message, whole even if it came in fragments; a
	                       line feed in it is written as \n
	binary:HEX
	text#LEN:sha1=HEX      a message of more than 64 bytes (binary#… as well)
	deflated:text:STRING   a message that came compressed (also deflated:binary…)
	ping:STRING
	pong:HEX
	close:CODE:REASON
	close:                 a Close frame without a code
	unmasked               the next frame was not masked
	bad:WHAT               the frame that came breaks a rule: its length is not
	                       minimal, reserved bits or opcodes, wrong fragments,
	                       control frames too long or fragmented, a close body
	                       or code that may not be sent, text that is not UTF-8,
	                       a frame after Close …
	bad:mask repeated      at the end: all frames, three or more, had one key
	fin, reset or server   at the end of an upgraded connection: the client
	                       ended TCP first, in order or with a reset, or the peer
	                       did (its handler was done, or a time was over)

Frames are parsed from the bytes of the connection, by code of this package. A
connection is over when the client has ended TCP: until then /recorded waits
for the last line. After an answer of /raw with a status other than 101 there
are no frames, so only the end is recorded, and after an answer without upgrade
at another endpoint not even that.

# Raw

/raw answers the handshake, whatever it is, with bytes made by hand, and then
runs a script. Parameters for the answer; all values are literal:

	http=TEXT         version, default HTTP/1.1
	status=N          default 101
	reason=TEXT       default: the usual text for the status
	upgrade=TEXT      default websocket; omit: no such header
	connection=TEXT   default Upgrade; omit
	accept=TEXT       default: the right value; omit; twice
	protocol=TEXT     adds a Sec-WebSocket-Protocol header; repeatable, may be empty
	extensions=TEXT   adds a Sec-WebSocket-Extensions header; repeatable
	header=LINE       adds a line, "Name: value"; repeatable
	pad=N             adds a header with N bytes
	lf=1              lines end with \n alone
	early=HEX         bytes in the same write, directly behind the answer
	cut=N             only the first N bytes of all this, then the end of TCP
	delay=MS          waits before the answer
	bytewise=1        each byte in a write (a TCP segment) of its own
	do=STEP           a step of the script; repeatable

A script with a step head sends the answer itself; cut only shortens it then,
and bytewise does nothing.

Steps that send; frames are right ones unless said otherwise:

	text:STRING               a text message
	binary:HEX                a binary message
	ping:STRING, pong:STRING
	close                     a Close frame without a code
	close:CODE                0 to 65535
	close:CODE:REASON         of any length
	frame:FIN,OPCODE,STRING   FIN is 0 or 1, OPCODE 0 to 15; plus 64, 32, 16
	                          for RSV1, 2, 3
	hex:HEX                   any bytes
	bytes:STRING              any text as it is
	zeros:N                   N zero bytes
	head                      the answer, or what is left of it
	head:N                    the next N bytes of the answer; 0 for a script that
	                          never answers
	repeat:N:STEP             a step N times
	endless:STEP              a step until the client has gone; after 30 s the script
	                          ends
	join … flush              what is between them goes out in one write
	chunk:N                   from now on, writes of N bytes each; 0: whole

Steps that wait, 30 s at most:

	expect                one frame from the client
	expect:message        skips frames until a message is complete
	expect:close          skips until Close; so do expect:ping, expect:pong
	expect:text:STRING    skips until this message
	echo                  returns messages, in their fragments and compressed as
	                      they came, and answers pings, until Close comes;
	                      answers it. Goes on with the next step
	answer                answers the Close that came, or that it waits for, with
	                      the same payload
	sleep:MS

Steps for wss alone. TCP stays open; hold waits until the client ends it:

	notify    the alert close_notify, with which this half of TLS ends in order
	alert     a fatal alert, bad_record_mac: the end of TLS. What the client has
	          sent and no step waited for may be lost
	tcp:HEX   any bytes, past TLS
	sever     ends this half of TCP without close_notify

Steps that end:

	fin     ends this half of TCP; the script goes on
	end     ends TCP in order: FIN, then reads until the client's end. This is
	        the end of the script, as are rst and mute
	rst     ends TCP with a reset
	hold    reads and discards until the client ends TCP (30 s at most)
	mute    reads no more; holds TCP until the client ends it (seen on Linux
	        only; at most 90 s)

A script that runs out holds for 10 s at most and then ends TCP. One that waits
in vain, for a frame that does not come or because the client has gone, ends
TCP as well.

# TLS

What the wss port does in the TLS handshake is asked for by a host name, which
the client has to send and has to look for at 127.0.0.1 (browsers do, for every
name under localhost): STEP.hello.localhost. All but the last two
happen in place of the ServerHello, and then TCP is held until the client ends
it (30 s at most).

	alert-LEVEL-DESCRIPTION   an alert, both 0 to 255: alert-2-40 is handshake_failure
	hex-HEX                   any bytes
	fin                       ends this half of TCP
	rst                       ends TCP with a reset
	mute                      says nothing
	cut-N                     only the first N bytes from ServerHello on, then the end
	                          of this half of TCP
	certificate               wants a certificate of the client, any, and refuses a
	                          client without one by an alert: in TLS 1.3 when the
	                          client is already through
*/
package peer
