package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/console"
	"globalmart/internal/fault"
	"globalmart/internal/telemetry"
)

// TopOptions are those of `globalmart top`.
type TopOptions struct {
	Data     string
	Operator string // host:port of a process's metrics; "" = the process that runs on Data
	API      string // host:port; "" = that of the process that runs on Data
	APIKey   telemetry.Secret
	Every    time.Duration // 0 = 1 s, 5 s for lines that do not move
	Count    int           // looks; 0 = no end
	For      time.Duration // 0 = no end
}

const (
	topEvery      = time.Second
	topEveryPlain = 5 * time.Second
	// topTime is how long one look may take.
	topTime = 3 * time.Second
)

// Top shows what a running process does, again and again, until ctx ends or o says
// so. Rates are over the time since the look before. A process that goes away is
// waited for.
func Top(ctx context.Context, env Env, o TopOptions) error {
	ctx, stop := limited(ctx, o.For)
	defer stop()
	board, moving := env.Board()
	moving = moving && env.Format() == console.Table
	if o.Every == 0 {
		o.Every = topEvery
		if !moving && env.Format() == console.Table {
			o.Every = topEveryPlain
		}
	}
	before, err := o.read(ctx)
	if err != nil {
		return err
	}
	show := func(s *topSample) error { return tellSample(env, s) }
	if moving {
		defer board.Close()
		show = func(s *topSample) error { return board.Draw(s.board()) }
	}
	for n := 0; (o.Count == 0 || n < o.Count) && sleep(ctx, o.Every); n++ {
		now, err := o.read(ctx)
		if ctx.Err() != nil {
			break
		}
		s := &topSample{At: time.Now(), Topics: []topTopic{}, Trouble: []string{}}
		if err != nil {
			s.trouble(err)
		} else {
			s.compare(now, before)
			before = now
		}
		if err := o.askShop(ctx, s); err != nil && ctx.Err() == nil {
			s.trouble(err)
		}
		if err := show(s); err != nil {
			return err
		}
	}
	return nil
}

// read reads the metrics.
func (o *TopOptions) read(ctx context.Context) (*readings, error) {
	addr := o.Operator
	if addr == "" {
		run, err := running(o.Data)
		if err != nil {
			return nil, err
		}
		if run.Operator == "" {
			return nil, fault.New(fault.NotFound, "nothing that shows metrics runs on "+o.Data, nil,
				"globalmart up --data "+o.Data+"; or name a process with --operator HOST:PORT")
		}
		addr = run.Operator
	}
	ctx, cancel := context.WithTimeout(ctx, topTime)
	defer cancel()
	r, err := scrapeMetrics(ctx, addr)
	if err != nil {
		return nil, fault.New(fault.Failed, "cannot see what the process at "+addr+" does", err, "name the address of its metrics with --operator HOST:PORT: it says it when it starts")
	}
	return r, nil
}

// askShop adds the figures of the shop to s, if there is an API to ask.
func (o *TopOptions) askShop(ctx context.Context, s *topSample) error {
	addr := o.API
	if addr == "" && o.Operator == "" {
		run, err := running(o.Data)
		if err != nil {
			return err
		}
		addr = run.API
	}
	if addr == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, topTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/api/v1/monitoring/dashboard", http.NoBody)
	if err != nil {
		return fmt.Errorf("ask the API: %w", err)
	}
	req.Header.Set("X-API-Key", o.APIKey.Reveal())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the API: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the API: %s answers %s", addr, resp.Status)
	}
	var answer api.Answer[api.Dashboard]
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("ask the API: %w", err)
	}
	s.Shop = topShopOf(&answer)
	return nil
}

// tellSample writes a sample as one line.
func tellSample(env Env, s *topSample) error {
	var err error
	if env.Format() == console.JSON {
		e := json.NewEncoder(env.Out())
		e.SetEscapeHTML(false)
		err = e.Encode(s)
	} else {
		_, err = fmt.Fprintln(env.Out(), s.line())
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
