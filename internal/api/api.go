package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/klauspost/compress/gzhttp"

	"globalmart/internal/event"
	"globalmart/internal/rules"
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
	// Pipeline says how the stream is doing. Nil: not known here.
	Pipeline func() Pipeline
	// CaughtUp reports whether everything that the log holds is counted. It is asked
	// with every request. Nil: not known here.
	CaughtUp func() bool

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
	handler  http.Handler
	specJSON []byte
	specYAML []byte
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
	}
	a.huma = humago.New(a.routes, a.humaConfig())
	a.huma.UseMiddleware(a.authenticate, a.limitRate, a.limitConcurrency, a.checkQuery, a.limitTime)
	a.addHealth()
	a.addSalesMetrics()
	a.addSalesSummary()
	if deps.Shop != nil {
		a.addShop()
	}
	if deps.Warehouse != nil {
		a.addWarehouse()
	}
	if err := a.addSpec(); err != nil {
		return nil, err
	}
	if err := a.addDocs(); err != nil {
		return nil, err
	}
	if err := a.addLanding(); err != nil {
		return nil, err
	}

	compress, err := gzhttp.NewWrapper(gzhttp.EnableZstd(false), gzhttp.SuffixETag(gzipSuffix), gzhttp.MinSize(1024))
	if err != nil {
		return nil, fmt.Errorf("api: set up compression: %w", err)
	}
	a.handler = a.observe(compress(a.finish(a.cors(a.limitBody(a.routes)))))
	return a, nil
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

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
		u, err := url.Parse(o)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != o {
			errs = append(errs, fmt.Errorf("api: allowed origin %q: want scheme://host[:port], and no wildcard", o))
		}
	}
	return errors.Join(errs...)
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
