package api

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// listed is data that can be exported: a list, or a series.
type listed interface {
	paged
	// rows is a slice of structs, one for each line.
	rows() any
}

// whole are parameters that can be made to say all of it, from their cursor on, or a
// given one.
type whole interface{ all(cursor *string) }

// The formats of exports, and how a client can ask for them.
const (
	formatCSV    = "csv"
	formatNDJSON = "ndjson"
)

var formats = map[string]string{formatCSV: "text/csv", formatNDJSON: "application/x-ndjson"}

const (
	// maxExport bounds the rows of an export: what a spreadsheet holds with ease.
	maxExport = 100_000
	// exportPage is how many rows are read at once.
	exportPage = 1000
	// exportTime bounds an export; a client that reads more slowly is cut off.
	exportTime = 25 * time.Second

	// headerNext is the trailer of an export that stopped at maxExport: the cursor to go
	// on with.
	headerNext = "X-Next-Cursor"
)

type formatKey struct{}

// sent is an answer as it leaves: finished, or streamed row by row.
type sent struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Cache       string `header:"Cache-Control" hidden:"true"`
	ETag        string `header:"ETag" doc:"Strong tag of data and meta without lag_ms; send it back as If-None-Match."`
	Disposition string `header:"Content-Disposition" hidden:"true"`
	Limit       string `header:"X-Export-Limit" hidden:"true"`
	Body        func(huma.Context)
}

// exportable documents the formats of an operation, and reads which one is asked for.
func (a *API) exportable(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "format", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"json", formatCSV, formatNDJSON}},
		Description: fmt.Sprintf("csv or ndjson: all rows that the other parameters select, not only a page, at most %d; of more, the trailer %s has the cursor to go on with. The header Accept says it, too.", maxExport, headerNext),
	})
	ok := op.Responses["200"]
	ok.Content[formats[formatCSV]] = &huma.MediaType{
		Schema:  &huma.Schema{Type: huma.TypeString, Description: "A line for each row, with a header; amounts in minor units with the column currency; nothing for null. A text that a spreadsheet would take for a formula has an apostrophe before it."},
		Example: "name,net_revenue_minor,currency\nDE,708219,USD\n",
	}
	ok.Content[formats[formatNDJSON]] = &huma.MediaType{
		Schema: &huma.Schema{Type: huma.TypeString, Description: "An object for each row, as in the list, one a line."}, Example: "{\"name\":\"DE\",\"net_revenue_minor\":708219}\n",
	}
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		format := ctx.Query("format")
		switch {
		case format == "":
			format = accepted(ctx.Header("Accept"))
		case format == "json":
			format = ""
		case formats[format] == "":
			a.refuse(ctx, http.StatusUnprocessableEntity, detailInvalid, wrong("format", format, "expected json, csv or ndjson"))
			return
		}
		next(huma.WithValue(ctx, formatKey{}, format))
	})
}

// accepted is the format that an Accept header names first, or "" for JSON.
func accepted(header string) string {
	for part := range strings.SplitSeq(header, ",") {
		kind, _, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		for format, name := range formats {
			if kind == name {
				return format
			}
		}
		if kind == "application/json" || kind == "*/*" {
			break
		}
	}
	return ""
}

// exporting is an operation that answers by plain, or by all of what handler finds
// where another format is asked for.
func exporting[I, T any](a *API, name string, handler func(context.Context, *I) (reply[T], error), plain func(context.Context, *I) (*finished, error)) func(context.Context, *I) (*sent, error) {
	return func(ctx context.Context, in *I) (*sent, error) {
		format, _ := ctx.Value(formatKey{}).(string)
		if format == "" {
			out, err := plain(ctx, in)
			if err != nil {
				return nil, err
			}
			return &sent{ContentType: out.ContentType, Cache: out.Cache, ETag: out.ETag, Body: func(ctx huma.Context) {
				_, _ = ctx.BodyWriter().Write(out.Body) // held in memory
			}}, nil
		}
		if w, ok := any(in).(whole); ok {
			w.all(nil)
		}
		first, err := handler(ctx, in)
		if err != nil {
			return nil, a.problemOf(ctx, err)
		}
		file := fmt.Sprintf("globalmart-%s-%s.%s", name, a.local(a.now()).Format(time.DateOnly), format)
		return &sent{
			ContentType: formats[format] + "; charset=utf-8", Disposition: `attachment; filename="` + file + `"`, Limit: fmt.Sprint(maxExport),
			Body: func(ctx huma.Context) { //nolint:contextcheck // it carries its context
				export(a, ctx, format, name, in, first, handler)
			},
		}, nil
	}
}

// export writes first and what follows it. From the second page on it is too late for a
// problem: then the connection breaks off, so that nobody takes a part for the whole.
func export[I, T any](a *API, hctx huma.Context, format, name string, in *I, first reply[T], handler func(context.Context, *I) (reply[T], error)) {
	r, w := humago.Unwrap(hctx)
	ctx, cancel := context.WithTimeout(r.Context(), exportTime)
	defer cancel()
	out := newSheet(format, hctx.BodyWriter(), a.cfg.Rules.Currency)
	fail := func(err error) {
		exchangeOf(ctx).cause = fmt.Errorf("api: %s: export: %w", name, err)
		panic(http.ErrAbortHandler)
	}
	page := first
	for {
		list := any(page.data).(listed)
		if err := out.write(list.rows()); err != nil {
			fail(err)
		}
		next, params := list.next(), any(in)
		turn, ok := params.(whole)
		if next == nil || !ok {
			return
		}
		if out.written >= maxExport {
			hctx.SetHeader(http.TrailerPrefix+headerNext, *next)
			return
		}
		// What is written leaves before more is read.
		if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			fail(err)
		}
		turn.all(next)
		var err error
		if page, err = handler(ctx, in); err != nil {
			fail(err)
		}
	}
}
