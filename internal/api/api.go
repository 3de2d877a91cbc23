package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"globalmart/internal/cache"
	"globalmart/internal/event"
	"globalmart/internal/keys"
	"globalmart/internal/rules"
	"globalmart/internal/telemetry"
)

// Config is how the API behaves. Every field without a default named here is
// required.
type Config struct {
	Version string           // of the program, shown in the documentation and by /health
	Rules   rules.Rules      // currency, time zone, how long minute windows are kept
	Now     func() time.Time // the clock
	Log     *slog.Logger
	Keys    keyring
	Limits  Limits // zero fields take the values of DefaultLimits

	// AllowOrigins are the web origins ("https://shop.example") that browsers
	// may call from. Empty: none but the API's own.
	AllowOrigins []string

	// LocalKey is what a page of this machine may do without a key. Nil: nothing.
	LocalKey *keys.Key
	// KeepBytes bounds the finished answers that are kept in memory. 0: none are.
	KeepBytes int64
	// Shared keeps finished answers for other processes as well. Nil: it does not.
	Shared cache.Cache
}

// Deps is what the API reads.
type Deps struct {
	Sales    salesReader
	Fresh    freshness
	Calendar calendar // of Config.Rules' time zone

	// Shop is what all but the sales endpoints read. Nil: they are not there.
	Shop shopReader
	// Warehouse answers from the batch runs. Nil: its endpoints are not there.
	Warehouse warehouseReader
	// Lake finds single orders and what a customer did. Nil: its endpoints are not there.
	Lake lakeReader
	// Operations is what operators look at and do. Nil: its endpoints are not there.
	Operations *Operations
	// Pipeline says how the stream is doing; nil if nobody says so now. A nil func: it is not known here.
	Pipeline func() *Pipeline
	// CaughtUp reports whether everything that the log holds is counted. It is asked
	// with every request. Nil: not known here.
	CaughtUp func() bool

	// Collector serves the paths below /v1/, where shops send events. Nil: they are not
	// there.
	Collector http.Handler
	// UI are the files of the web interface: see package web. Nil: it is not there.
	UI fs.FS

	// Ready returns nil once requests can be answered, or why they cannot. Its
	// text is shown to anybody. Nil: always ready.
	Ready func(context.Context) error
	// Components lists the parts of the system for /health. Its text is shown to
	// anybody. Nil: none.
	Components func(context.Context) []Component
}

// calendar cuts time into hours and days of the shop's time zone.
type calendar interface {
	// HourStart returns the start of the hour that t is in.
	HourStart(t event.Time) event.Time
	// DayStart returns the start of the day that t is in.
	DayStart(t event.Time) event.Time
	// NextDay returns the start of the day after the one that t is in.
	NextDay(t event.Time) event.Time
}

// API is the HTTP API as a handler. It is safe for concurrent use.
type API struct {
	cfg      Config
	deps     Deps
	calendar calendar
	zone     *time.Location // the calendar's
	routes   *router
	huma     huma.API
	rates    *rates
	slots    chan struct{}
	page     *packed // of the web interface; nil without one
	inner    http.Handler
	origins  *http.CrossOriginProtection
	pages    sessions
	kept     *keeper
	live     *hub
	counts   counts
	actions  map[string]string // of operators: ids of operations, by pattern
}

// New returns the API, or every problem of cfg and deps at once.
func New(cfg Config, deps Deps) (*API, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	if err := validate(cfg, deps); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(cfg.Rules.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("api: time zone %q: %w", cfg.Rules.TimeZone, err)
	}
	a := &API{
		cfg: cfg, deps: deps, calendar: deps.Calendar, zone: zone,
		routes: &router{ServeMux: http.NewServeMux()},
		rates:  newRates(cfg.Limits),
		slots:  make(chan struct{}, cfg.Limits.Concurrent),

		live:    newHub(),
		actions: map[string]string{},
		counts:  counts{latency: telemetry.NewLatency()},
		origins: http.NewCrossOriginProtection(),
	}
	a.live.api = a
	if a.kept, err = newKeeper(a); err != nil {
		return nil, err
	}
	a.huma = humago.New(a.routes, a.humaConfig())
	a.huma.UseMiddleware(a.authenticate, a.limitConcurrency, a.checkQuery, a.limitTime)
	a.addHealth()
	a.addSession()
	a.addSalesMetrics()
	a.addSalesSummary()
	a.addKPIs()
	a.addTimeseries()
	a.addSalesSplits()
	a.addHeatmap()
	if deps.Shop != nil {
		a.addShop()
	}
	if deps.Warehouse != nil {
		a.addWarehouse()
	}
	if deps.Lake != nil {
		a.addLake()
	}
	if deps.Operations != nil {
		a.addOperations()
	}
	a.addStream()
	a.addSpec()
	if err := a.addDocs(); err != nil {
		return nil, err
	}
	if deps.UI != nil {
		if err := a.addUI(); err != nil {
			return nil, err
		}
	}
	if err := a.addLanding(); err != nil {
		return nil, err
	}

	a.inner = a.finish(a.sameOrigin(a.limitSize(a.routes)))
	return a, nil
}

// Routes lists the patterns that are served, in the order they were added.
func (a *API) Routes() []string { return a.routes.patterns }

func (a *API) now() event.Time { return event.TimeOf(a.cfg.Now()) }

// local returns t for an answer: in the shop's time zone.
func (a *API) local(t event.Time) time.Time { return t.Std().In(a.zone) }

func validate(cfg Config, deps Deps) error {
	var errs []error
	want := func(ok bool, name string) {
		if !ok {
			errs = append(errs, fmt.Errorf("api: %s: required", name))
		}
	}
	want(cfg.Now != nil, "Config.Now")
	want(cfg.Log != nil, "Config.Log")
	want(cfg.Keys != nil, "Config.Keys")
	want(cfg.Rules.Currency != "", "Config.Rules.Currency")
	want(deps.Sales != nil, "Deps.Sales")
	want(deps.Fresh != nil, "Deps.Fresh")
	want(deps.Calendar != nil, "Deps.Calendar")
	for _, o := range cfg.AllowOrigins {
		if err := CheckOrigin(o); err != nil {
			errs = append(errs, fmt.Errorf("api: allowed %w", err))
		}
	}
	return errors.Join(errs...)
}

// CheckOrigin returns why o is no origin that pages can have.
func CheckOrigin(o string) error {
	u, err := url.Parse(o)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != o || strings.Contains(o, "*") || strings.ToLower(o) != o {
		return fmt.Errorf("origin %q: want scheme://host[:port] in lower case, and no wildcard", o)
	}
	return nil
}

// router is a mux that remembers its patterns.
type router struct {
	*http.ServeMux
	patterns []string
}

// HandleFunc adds a pattern.
func (r *router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	r.patterns = append(r.patterns, pattern)
	r.ServeMux.HandleFunc(pattern, h)
}
