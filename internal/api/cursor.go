package api

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
)

// maxCursor bounds what is decoded.
const maxCursor = 1024

var errCursor = errors.New("expected the next_cursor of an earlier answer, as it was")

// cursorOf returns a place in a list as the text that a client sends back.
func cursorOf(place any) string {
	text, err := json.Marshal(place)
	if err != nil {
		panic(err) // places are plain structs
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// parseCursor reads a place; "" is the zero value.
func parseCursor[T any](text string) (place T, err error) {
	if text == "" {
		return place, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(text) > maxCursor || json.Unmarshal(raw, &place) != nil {
		return place, errCursor
	}
	return place, nil
}

// Page are the parameters of every list.
type Page struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"1000" doc:"Entries, at most."`
	Cursor string `query:"cursor" maxLength:"1024" doc:"next_cursor of the page before. Absent: the first page."`
}

// nextCursor returns the cursor after the last of entries, or nil if there is no
// further page.
func nextCursor[T any](p Page, entries []T, place func(*T) any) *string {
	if len(entries) < p.Limit {
		return nil
	}
	next := cursorOf(place(&entries[len(entries)-1]))
	return &next
}

// paged is data that comes in pages.
type paged interface {
	// next is the cursor of the next page, or nil.
	next() *string
}

// following is the cursor of the page after data, or "".
func following(data any) string {
	if p, ok := data.(paged); ok {
		if cursor := p.next(); cursor != nil {
			return *cursor
		}
	}
	return ""
}

// nextLink is the header Link (RFC 8288) of a page: the same question at another cursor.
func nextLink(asked *url.URL, cursor string) string {
	q := asked.Query()
	q.Set("cursor", cursor)
	return "<" + asked.EscapedPath() + "?" + q.Encode() + `>; rel="next"`
}

// linked documents nextLink, if data comes in pages.
func linked(ok *huma.Response, data any) {
	if _, pages := data.(paged); pages {
		ok.Headers = map[string]*huma.Param{"Link": {
			Description: `The next page, with rel="next", relative to this address; none on the last.`, Schema: &huma.Schema{Type: huma.TypeString},
		}}
	}
}
