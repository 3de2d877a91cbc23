package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/store/sqlite"
	"globalmart/internal/telemetry"
	"globalmart/internal/verify"
)

// developmentKey is public: it may be shown, and must not guard anything beyond
// this machine.
const developmentKey = "globalmart-api-key-2024"

// keyHint is what a person is told about the key in use.
func keyHint(key telemetry.Secret) string {
	if key.Reveal() == developmentKey {
		return developmentKey
	}
	return "the one of --api-key"
}

// newAPI returns the API over the live tables. w is the stream worker of this
// process, if it has one.
func (p *platform) newAPI(s *sqlite.Store, w *worker, key telemetry.Secret, log *slog.Logger) (http.Handler, error) {
	keys := &api.StaticKeys{}
	keys.Add(api.Key{ID: "configured", Scopes: []api.Scope{api.ScopeRead, api.ScopeIngest, api.ScopeAdmin}}, key.Reveal())
	deps := api.Deps{Sales: s, Fresh: s, Calendar: p.rules.Calendar(), Components: func(ctx context.Context) []api.Component { return components(ctx, s, w) }}
	if w != nil {
		deps.Ready = func(context.Context) error {
			if st := w.Status(); !st.Ready {
				return fmt.Errorf("the stream is starting, %d tasks so far", len(st.Tasks))
			}
			return nil
		}
	}
	return api.New(api.Config{Version: p.env.Version, Rules: p.rules, Now: time.Now, Log: log, Keys: keys}, deps)
}

// components is the state of the parts that this process can see.
func components(ctx context.Context, s *sqlite.Store, w *worker) []api.Component {
	state := func(name string, err error) api.Component {
		if err != nil {
			return api.Component{Name: name, Status: api.StatusDown, Detail: err.Error()}
		}
		return api.Component{Name: name, Status: api.StatusOK}
	}
	_, err := s.AsOf(ctx)
	list := []api.Component{state("store", err)}
	if w == nil {
		return list
	}
	st := w.Status()
	stream := state("stream", st.StoreError)
	if st.StoreError == nil && !st.Ready {
		stream.Status, stream.Detail = api.StatusDegraded, "starting"
	}
	return append(list, stream)
}

// API serves the API alone until ctx ends. It never changes the store's schema.
func API(ctx context.Context, env Env, o APIOptions) error {
	p := &platform{env: env, src: o.Source}
	if err := p.loadRules(); err != nil {
		return err
	}
	s, err := p.openStore(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	h, err := p.newAPI(s, nil, o.APIKey, env.Log)
	if err != nil {
		return err
	}
	l, err := listen(ctx, "API", o.Listen, "--listen")
	if err != nil {
		return err
	}
	operator, err := newOperator(ctx, env, o.OperatorListen, nil, nil)
	if err != nil {
		return err
	}
	warnOffLoopback(env, l, o.APIKey)
	env.Say("API on http://%s, documentation on http://%s/docs; Ctrl-C stops it", l.Addr(), l.Addr())
	return serve(ctx, service{"api", serveHTTP(l, h)}, operator.service)
}

// apiOf is the API to ask about s: the one named, the one of the `up` that runs
// on the directory, or one made here.
func (p *platform) apiOf(o VerifyOptions, s *sqlite.Store) (*verify.API, error) {
	addr := o.API
	if addr == "" {
		addr = p.run.API
	}
	if addr != "" {
		return &verify.API{URL: "http://" + addr, Key: o.APIKey.Reveal()}, nil
	}
	// It is asked thousands of questions: no line for each.
	h, err := p.newAPI(s, nil, o.APIKey, slog.New(slog.DiscardHandler))
	return &verify.API{Handler: h, Key: o.APIKey.Reveal()}, err
}

// warnOffLoopback says that the development key is open to the network.
func warnOffLoopback(env Env, l net.Listener, key telemetry.Secret) {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && key.Reveal() == developmentKey {
		env.Log.Warn("the API listens beyond this machine with the development key", "address", l.Addr().String())
	}
}
