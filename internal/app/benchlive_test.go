package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAServerWithoutTheTimeToAnswerIsAskedAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		statuses []int // of one answer after the other
		asked    int
		ok       bool
	}{
		"answered at once":   {[]int{200}, 1, true},
		"answered at last":   {[]int{503, 504, 200}, 3, true},
		"no question at all": {[]int{503, 404, 200}, 2, false},
		"broken":             {[]int{500, 200}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.statuses[asked])
				asked++
			}))
			err := answered(t.Context(), s.URL)
			s.Close() // it has answered
			if asked != tt.asked || (err == nil) != tt.ok {
				t.Errorf("asked %d times, want %d: %v", asked, tt.asked, err)
			}
		})
	}
}
