package native

import (
	"math"
	"strings"
	"testing"
)

var lengths = []int64{0, 1, 125, 126, 127, 255, 256, 65535, 65536, 65537, 1 << 31, 1 << 32, math.MaxInt64}

func TestHeaderSurvivesWritingAndReading(t *testing.T) {
	for _, length := range lengths {
		for _, h := range []header{
			{fin: true, opcode: opText, length: length},
			{opcode: opContinuation, length: length},
			{fin: true, opcode: opPong, masked: true, key: 0x01020304, length: length},
			{opcode: 0xF, masked: true, key: 0xFFFFFFFF, length: length},
		} {
			b := appendHeader(nil, h)
			got, size, err := parseHeader(append(b, "and more"...))
			if got != h || size != len(b) || err != nil {
				t.Errorf("% x: got %+v, %d, %v, want %+v, %d", b, got, size, err, h, len(b))
			}
			if size > maxHeader {
				t.Errorf("got a header of %d bytes, want at most %d", size, maxHeader)
			}
		}
	}
}

func TestHeaderCutAnywhereWaitsForMore(t *testing.T) {
	for _, length := range lengths {
		for _, masked := range []bool{false, true} {
			b := appendHeader(nil, header{fin: true, opcode: opBinary, masked: masked, key: 0xABCDEF01, length: length})
			for n := range b {
				if _, size, err := parseHeader(b[:n]); size != 0 || err != nil {
					t.Errorf("% x: got size %d, %v, want 0", b[:n], size, err)
				}
			}
		}
	}
}

func TestHeaderBytes(t *testing.T) {
	for _, row := range []struct {
		rule string
		h    header
		want string
	}{
		{"RFC 6455 5.7, unmasked Hello", header{fin: true, opcode: opText, length: 5}, "\x81\x05"},
		{"RFC 6455 5.7, masked Hello", header{fin: true, opcode: opText, masked: true, key: 0x3d21fa37, length: 5}, "\x81\x85\x37\xfa\x21\x3d"},
		{"RFC 6455 5.7, first fragment", header{opcode: opText, length: 3}, "\x01\x03"},
		{"RFC 6455 5.7, last fragment", header{fin: true, length: 2}, "\x80\x02"},
		{"RFC 6455 5.7, 256 bytes", header{fin: true, opcode: opBinary, length: 256}, "\x82\x7E\x01\x00"},
		{"RFC 6455 5.7, 64 KiB", header{fin: true, opcode: opBinary, length: 65536}, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"},
	} {
		if got := string(appendHeader(nil, row.h)); got != row.want {
			t.Errorf("%s: got % x, want % x", row.rule, got, row.want)
		}
	}
}

func TestReservedBitsAreRead(t *testing.T) {
	for _, rsv := range []byte{0x10, 0x20, 0x40, 0x70} {
		h, _, err := parseHeader([]byte{0x81 | rsv, 0})
		if err != nil || h.rsv != rsv {
			t.Errorf("got rsv %#x, %v, want %#x", h.rsv, err, rsv)
		}
	}
}

func TestLengthsThatNoHeaderMayHave(t *testing.T) {
	for _, row := range []struct{ rule, header, problem string }{
		{"not minimal: 0 in 2 bytes", "\x82\x7E\x00\x00", "length of 0 in 2 bytes"},
		{"not minimal: 125 in 2 bytes", "\x82\x7E\x00\x7D", "length of 125 in 2 bytes"},
		{"not minimal: 0 in 8 bytes", "\x82\x7F\x00\x00\x00\x00\x00\x00\x00\x00", "length of 0 in 8 bytes"},
		{"not minimal: 65535 in 8 bytes", "\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF", "length of 65535 in 8 bytes"},
		{"not minimal, masked", "\x82\xFE\x00\x01KEY!", "length of 1 in 2 bytes"},
		{"the 63rd bit", "\x82\x7F\x80\x00\x00\x00\x00\x00\x00\x00", "highest bit"},
		{"all bits", "\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "highest bit"},
	} {
		_, size, err := parseHeader([]byte(row.header))
		if size != 0 || err == nil || err.Code != 1002 || !strings.Contains(err.Problem, row.problem) {
			t.Errorf("%s: got size %d, %v, want 1002 and %q", row.rule, size, err, row.problem)
		}
	}
}

func TestCloseBody(t *testing.T) {
	for _, row := range []struct {
		rule, body string
		code       uint16
		reason     string
		failed     uint16
	}{
		{rule: "none", body: ""},
		{rule: "code only", body: closeBody(1000, ""), code: 1000},
		{rule: "code and reason", body: closeBody(3000, "tschüß"), code: 3000, reason: "tschüß"},
		{rule: "longest reason", body: closeBody(4999, strings.Repeat("x", 123)), code: 4999, reason: strings.Repeat("x", 123)},
		{rule: "NUL in the reason", body: closeBody(1001, "\x00"), code: 1001, reason: "\x00"},
		{rule: "one byte", body: "\x03", failed: 1002},
		{rule: "bad UTF-8", body: closeBody(1000, "\xFF"), failed: 1007},
		{rule: "cut character", body: closeBody(1000, "\xE2\x82"), failed: 1007},
		{rule: "surrogate", body: closeBody(1000, "\xED\xA0\x80"), failed: 1007},
		{rule: "bad code before bad UTF-8", body: closeBody(999, "\xFF"), failed: 1002},
	} {
		code, reason, err := parseClose([]byte(row.body))
		if code != row.code || reason != row.reason || failedWith(err) != row.failed {
			t.Errorf("%s: got %d, %q, %v, want %d, %q, %d", row.rule, code, reason, err, row.code, row.reason, row.failed)
		}
	}
}

func TestCloseCodesThatAPeerMaySend(t *testing.T) {
	may := map[int]bool{}
	for _, r := range [][2]int{{1000, 1003}, {1007, 1014}, {3000, 4999}} {
		for code := r[0]; code <= r[1]; code++ {
			may[code] = true
		}
	}
	for code := range 1 << 16 {
		_, _, err := parseClose([]byte{byte(code >> 8), byte(code)})
		if (err == nil) != may[code] {
			t.Errorf("code %d: got %v, want taken: %t", code, err, may[code])
		}
	}
}

func TestClosePayloadIsReadBack(t *testing.T) {
	for _, want := range []closeFrame{{0, ""}, {1000, ""}, {4999, "bye"}} {
		code, reason, err := parseClose(closePayload(want.code, want.reason))
		if code != want.code || reason != want.reason || err != nil {
			t.Errorf("got %d, %q, %v, want %v", code, reason, err, want)
		}
	}
}

func TestOpcodesOfControlFrames(t *testing.T) {
	for op := range opcode(16) {
		if op.control() != (op >= 8) {
			t.Errorf("opcode %d: got control %t", op, op.control())
		}
	}
}

// failedWith returns the close code of an error, 0 if there is none.
func failedWith(err *ProtocolError) uint16 {
	if err == nil {
		return 0
	}
	return err.Code
}
