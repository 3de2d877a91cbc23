package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/kafka"
)

// Operations is what operators look at and do. What is nil is not known to this
// process: its endpoints answer 503 and say so.
type Operations struct {
	Log       logObserver
	Stream    func(ctx context.Context) (Stream, error)
	Sources   func(ctx context.Context) ([]Source, error)
	Letters   letterReader
	Redrive   redriver
	Jobs      jobReader
	RunJob    func(ctx context.Context, job string) (date string, err error)
	Tables    tableReader
	Verify    func(ctx context.Context) (VerifyRun, error)
	RunVerify func(ctx context.Context) error

	MoveOffsets func(ctx context.Context, q kafka.OffsetQuery) ([]kafka.Moved, error)
}

// Refusal is the error of what cannot be started now. Why is shown to clients.
type Refusal struct{ Why string }

// Error returns why.
func (r Refusal) Error() string { return r.Why }

// Absence is the error of what is done by a process that is not there now. Why is shown to
// clients: a sentence that says what would mend it.
type Absence struct{ Why string }

// Error returns why.
func (a Absence) Error() string { return a.Why }

// sourceSystem is the source of what the parts of the system say of themselves.
const sourceSystem = "system"

// addOperations adds the operator's endpoints.
func (a *API) addOperations() {
	a.addComponents()
	a.addTopics()
	a.addMessages()
	a.addTail()
	a.addGroups()
	a.addMoveOffsets()
	a.addProcessors()
	a.addSources()
	a.addDeadLetters()
	a.addRedrive()
	a.addJobs()
	a.addTables()
	a.addVerify()
}

// operated is the answer of an operator's endpoint. It is of this moment, and never kept.
type operated[T any] struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         Answer[T]
}

// seen is what an operator's endpoint found.
type seen[T any] struct {
	data    T
	partial bool
}

// operate adds an operator's endpoint: one that looks needs the scope read; one that
// does something, by POST, the scope admin, and each of its calls is logged.
func operate[I, T any](a *API, op huma.Operation, example T, handler func(context.Context, *I) (seen[T], error)) {
	op.Tags = []string{"operations"}
	scope, status := ScopeRead, http.StatusOK
	if op.Method == http.MethodPost {
		scope, status = ScopeAdmin, http.StatusAccepted
	}
	if scope == ScopeAdmin {
		a.actions[op.Method+" "+op.Path] = op.OperationID
	}
	op.DefaultStatus, op.MaxBodyBytes, op.BodyReadTimeout = status, a.cfg.Limits.BodyBytes+1, a.cfg.Limits.BodyTime
	op.Security = needs(scope)
	op.Responses = problems(a.huma.OpenAPI().Components.Schemas, operationStatuses(&op, reflect.TypeFor[I]())...)
	op.Responses[strconv.Itoa(status)] = &huma.Response{
		Description: "The answer.",
		Content: map[string]*huma.MediaType{
			"application/json": {
				Schema:  a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Answer[T]](), true, op.OperationID),
				Example: a.exampleAnswer(sourceSystem, example),
			},
		},
	}
	if op.Method == http.MethodGet {
		linked(op.Responses[strconv.Itoa(status)], example)
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*operated[T], error) {
		if n, ok := any(in).(named); ok {
			exchangeOf(ctx).about = n.about()
		}
		found, err := handler(ctx, in)
		if err != nil {
			return nil, a.problemOf(ctx, operationProblem(err))
		}
		exchangeOf(ctx).next = following(found.data)
		lag := int64(0)
		return &operated[T]{
			CacheControl: "no-store",
			Body:         Answer[T]{Data: found.data, Meta: Meta{Basis: a.basis(a.now(), sourceSystem, found.partial), LagMS: &lag}},
		}, nil
	})
	if post := a.huma.OpenAPI().Paths[op.Path].Post; post != nil && post.RequestBody != nil {
		delete(post.RequestBody.Content, "application/octet-stream") // huma adds it for inputs that keep the raw body
	}
}

// operationStatuses are the problems that an operator's endpoint may answer.
func operationStatuses(op *huma.Operation, input reflect.Type) []int {
	statuses := []int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
	if strings.Contains(op.Path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if op.Method == http.MethodPost {
		statuses = append(statuses, http.StatusConflict)
	}
	if _, hasBody := input.FieldByName("Body"); hasBody {
		statuses = append(statuses, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return statuses
}

// operationProblem is the problem of what an operator asked for.
func operationProblem(err error) error {
	if r, ok := errors.AsType[Refusal](err); ok {
		return huma.Error409Conflict("Not started: " + r.Why + ".")
	}
	if a, ok := errors.AsType[Absence](err); ok {
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(a.Why), http.Header{"Retry-After": {"5"}})
	}
	if errors.Is(err, kafka.ErrNoBroker) {
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("The log cannot be reached now. Try again shortly."), http.Header{"Retry-After": {"1"}})
	}
	return err
}

// unknownHere is the problem of what this process does not see.
func unknownHere(what, where string) error {
	return huma.Error503ServiceUnavailable(fmt.Sprintf("This process does not know %s: ask the API of %s.", what, where))
}

const (
	ofTheLog      = "`globalmart up`, or start this one on a data directory whose `up` runs"
	ofThePlatform = "`globalmart up`"
	// ofTheCollector: where the log is known.
	ofTheCollector = "`globalmart up`, or start this one with --kafka"
)
