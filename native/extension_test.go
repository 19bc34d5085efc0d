package native

import (
	"strings"
	"testing"
)

// RFC 7692 7.1: what a server may answer to "permessage-deflate; client_max_window_bits", and what it may not.
func TestExtensionAnswers(t *testing.T) {
	const pmd = "permessage-deflate"
	plain := terms{serverBits: 15, clientBits: 15}
	for _, row := range []struct {
		answer  string // one header for each line
		want    terms
		problem string
	}{
		{answer: pmd, want: plain},
		{answer: pmd + " ;\tserver_no_context_takeover", want: terms{true, false, 15, 15}},
		{answer: pmd + "; client_no_context_takeover", want: terms{false, true, 15, 15}},
		{answer: pmd + ";server_no_context_takeover;client_no_context_takeover", want: terms{true, true, 15, 15}},
		{answer: pmd + "; server_max_window_bits=10", want: terms{false, false, 10, 15}},
		{answer: pmd + "; client_max_window_bits=9", want: terms{false, false, 15, 9}},
		{answer: pmd + `; client_max_window_bits="8"; server_max_window_bits = "1\5"`, want: terms{false, false, 15, 8}},
		{answer: pmd + "; server_max_window_bits=15; client_max_window_bits=15; client_no_context_takeover; server_no_context_takeover", want: terms{true, true, 15, 15}},
		{answer: ", " + pmd + ",", want: plain},
		{answer: "\n" + pmd, want: plain},

		{answer: "", problem: "no list"},
		{answer: ",", problem: "no list"},
		{answer: pmd + ";", problem: "no list"},
		{answer: pmd + "; =5", problem: "no list"},
		{answer: pmd + "; client_max_window_bits=", problem: "no list"},
		{answer: pmd + `; client_max_window_bits="1 0"`, problem: "no list"},
		{answer: pmd + `; client_max_window_bits="10`, problem: "no list"},
		{answer: pmd + " x", problem: "no list"},
		{answer: "x-other", problem: "only permessage-deflate was offered"},
		{answer: "Permessage-Deflate", problem: "only permessage-deflate was offered"},
		{answer: "x-webkit-deflate-frame", problem: "only permessage-deflate was offered"},
		{answer: pmd + ", x-other", problem: "only permessage-deflate was offered"},
		{answer: pmd + "\nx-other", problem: "only permessage-deflate was offered"},
		{answer: pmd + ", " + pmd, problem: "once"},
		{answer: pmd + "\n" + pmd, problem: "once"},
		{answer: pmd + "; x", problem: "no parameter x"},
		{answer: pmd + "; Server_No_Context_Takeover", problem: "no parameter Server_No_Context_Takeover"},
		{answer: pmd + "; server_no_context_takeover; server_no_context_takeover", problem: "server_no_context_takeover twice"},
		{answer: pmd + "; client_max_window_bits=9; client_max_window_bits=9", problem: "client_max_window_bits twice"},
		{answer: pmd + "; server_no_context_takeover=1", problem: "the value of server_no_context_takeover"},
		{answer: pmd + `; client_no_context_takeover="x"`, problem: "the value of client_no_context_takeover"},
		{answer: pmd + "; client_max_window_bits", problem: "the value of client_max_window_bits"},
		{answer: pmd + "; server_max_window_bits", problem: "the value of server_max_window_bits"},
		{answer: pmd + "; server_max_window_bits=7", problem: "the value of server_max_window_bits"},
		{answer: pmd + "; server_max_window_bits=16", problem: "the value of server_max_window_bits"},
		{answer: pmd + "; server_max_window_bits=08", problem: "the value of server_max_window_bits"},
		{answer: pmd + "; server_max_window_bits=+9", problem: "the value of server_max_window_bits"},
		{answer: pmd + "; client_max_window_bits=1e1", problem: "the value of client_max_window_bits"},
		{answer: pmd + "; client_max_window_bits=99999999999999999999", problem: "the value of client_max_window_bits"},
	} {
		r := &response{header: map[string][]string{"Sec-Websocket-Extensions": strings.Split(row.answer, "\n")}}
		_, agreed, err := r.extensions(true)
		switch {
		case row.problem == "" && (err != nil || *agreed != row.want):
			t.Errorf("%q: got %+v, %v, want %+v", row.answer, agreed, err, row.want)
		case row.problem != "" && (err == nil || agreed != nil || !strings.Contains(err.Error(), row.problem)):
			t.Errorf("%q: got %+v, %v, want %q", row.answer, agreed, err, row.problem)
		}
	}
}

func TestExtensionsWithoutAnOfferOrAnAnswer(t *testing.T) {
	r := &response{header: map[string][]string{"Sec-Websocket-Extensions": {"permessage-deflate"}}}
	if _, agreed, err := r.extensions(false); agreed != nil || err == nil || !strings.Contains(err.Error(), "none was offered") {
		t.Errorf("got %+v, %v", agreed, err)
	}
	r = &response{header: map[string][]string{}}
	if value, agreed, err := r.extensions(true); value != "" || agreed != nil || err != nil {
		t.Errorf("got %q, %+v, %v", value, agreed, err)
	}
}
