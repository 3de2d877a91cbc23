package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestAPageLinksToTheNext: every answer with a cursor has a header that leads to the page
// after it, and no other answer has one.
func TestAPageLinksToTheNext(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	pages := 0
	for _, op := range operationsOf(f) {
		if op.Method != http.MethodGet {
			continue
		}
		for _, asked := range []string{"anew", "once more"} { // the second is one that is kept
			w := f.good(t, op)
			var got struct {
				Data struct {
					Next *string `json:"next_cursor"`
				} `json:"data"`
			}
			_ = json.Unmarshal(w.Body.Bytes(), &got) // a list of what is listed has no cursor
			link := w.Header().Get("Link")
			if got.Data.Next == nil {
				if link != "" {
					t.Errorf("%s has no cursor, and links to %s", op.Path, link)
				}
				continue
			}
			target, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
			if !ok || !strings.Contains(target, "cursor="+*got.Data.Next) {
				t.Errorf("%s, %s: the cursor is %s, and the header Link %q", op.Path, asked, *got.Data.Next, link)
				continue
			}
			if next := f.call(t, op, target, goodKey(op)); next.Code != http.StatusOK {
				t.Errorf("%s: status %d: %s", target, next.Code, next.Body)
			}
			pages++
		}
	}
	if pages < 10 {
		t.Errorf("only %d answers had a cursor", pages)
	}
}
