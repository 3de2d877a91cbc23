package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/store"
)

const (
	problemType    = "application/problem+json"
	detailInternal = "Something failed inside. The log has the cause under the request id given as instance."

	// statusClientClosed is for the log alone: the client did not wait. The
	// number is nginx's.
	statusClientClosed = 499
)

// problemOf is the one place where the error of a handler gets its status. What
// is not a deliberate problem stays in the log; its text does not leave.
func (a *API) problemOf(ctx context.Context, err error) error {
	if _, ok := errors.AsType[huma.StatusError](err); ok {
		return err
	}
	exchangeOf(ctx).cause = err
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return huma.Error504GatewayTimeout(fmt.Sprintf("No answer within %s. Ask for a shorter range or a coarser granularity.", a.cfg.Limits.Timeout))
	case errors.Is(err, context.Canceled):
		return huma.NewError(statusClientClosed, "The client closed the request.")
	case errors.Is(err, store.ErrUnavailable):
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("The live store cannot be reached now. Try again shortly."),
			http.Header{"Retry-After": {"1"}})
	default:
		return huma.Error500InternalServerError(detailInternal)
	}
}

// invalid is the problem of parameters: 422 with one entry for each.
func invalid(details ...error) error {
	return huma.Error422UnprocessableEntity(detailInvalid, details...)
}

// detailInvalid is what huma says, too; complete replaces it by the first error.
const detailInvalid = "validation failed"

func wrong(parameter, value, format string, args ...any) error {
	return &huma.ErrorDetail{Location: "query." + parameter, Value: value, Message: fmt.Sprintf(format, args...)}
}

// complete is the last hand on every problem that goes through huma: it names
// the request and says in one sentence what is wrong.
func complete(ctx huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	x := exchangeOf(ctx.Context())
	p.Instance = x.id
	if p.Detail == detailInvalid && len(p.Errors) > 0 {
		said := make([]string, len(p.Errors))
		for i, e := range p.Errors {
			said[i] = e.Location + ": " + e.Message
		}
		p.Detail = strings.Join(said, "; ")
	}
	x.said = p.Detail
	return p, nil
}

// writeProblem writes a problem where huma is not in charge.
func writeProblem(b *held, r *http.Request, status int, detail string) {
	b.reset()
	b.Header().Del("ETag")
	b.Header().Set("Content-Type", problemType)
	b.WriteHeader(status)
	x := exchangeOf(r.Context())
	x.said = detail
	body, err := encode(&huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail, Instance: x.id})
	if err != nil {
		panic(fmt.Sprintf("api: encode problem: %v", err)) // strings and a number always encode
	}
	b.body.Write(body)
}

// encode returns v as one line of JSON without escapes that only HTML needs.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
