package app

import (
	"strings"
	"testing"
)

func TestAnswersAreHeldAgainstEachOther(t *testing.T) {
	const ours = `{"data":{"windows":[{"start":"2026-03-02T11:20:00+01:00","orders":62,"average_order_value_minor":null}]},"meta":{"as_of":"2026-03-02T10:20:29.76Z","lag_ms":240}}`
	for name, tt := range map[string]struct {
		replace, by string
		same        bool
	}{
		"equal":                     {"", "", true},
		"another lag":               {`"lag_ms":240`, `"lag_ms":9`, true},
		"an instant in UTC":         {"2026-03-02T11:20:00+01:00", "2026-03-02T10:20:00Z", true},
		"an instant in more digits": {"29.76Z", "29.760000Z", true},
		"another figure":            {"62", "63", false},
		"another instant":           {"11:20", "11:21", false},
		"a figure instead of null":  {"null", "0", false},
		"a field more":              {`"orders"`, `"units":1,"orders"`, false},
		"a window more":             {"}]}", `},{}]}`, false},
		"another type":              {"62", `"62"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			other := strings.Replace(ours, tt.replace, tt.by, 1)
			if err := sameAnswer([]byte(ours), []byte(other)); (err == nil) != tt.same {
				t.Errorf("%s: %v", other, err)
			}
		})
	}
	if sameAnswer([]byte(ours), []byte("Internal Server Error")) == nil {
		t.Error("what is no JSON is the same")
	}
}

func TestWhatWrkSaysIsRead(t *testing.T) {
	s, err := parseWrk([]byte("Running 1s test @ http://127.0.0.1:8000\n  4 requests in 2.00s, 2.00KB read\n" +
		`{"requests":4,"microseconds":2000000,"bytes":2048,"refused":1,"broken":2,"p50":500,"p90":750,"p99":1000,"max":1250}` + "\n"))
	want := loadFigures{Requests: 4, Seconds: 2, RequestsPerSecond: 2, AnswerBytes: 512, P50: 0.5, P90: 0.75, P99: 1, Max: 1.25}
	if err != nil || s.Refused != 1 || s.Broken != 2 || s.figures() != want {
		t.Errorf("%+v, %v, figures %+v", s, err, s.figures())
	}
	if _, err := parseWrk([]byte("unable to connect\n")); err == nil || !strings.Contains(err.Error(), "unable to connect") {
		t.Errorf("without figures: %v", err)
	}
}
