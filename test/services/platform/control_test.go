package platform_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"globalmart/test/services/platform"
)

// fakePart is a part that only notes what is done to it.
type fakePart struct {
	up  bool
	did []string
}

func (f *fakePart) part(name string, broken error) platform.Part {
	note := func(what string, up bool) { f.did, f.up = append(f.did, what), up }
	return platform.Part{
		Name: name, Alive: func() bool { return f.up },
		Stop: func() { note("stop", false) }, Kill: func() { note("kill", false) },
		Start: func(context.Context) error { note("start", broken == nil); return broken },
	}
}

func TestPartsAreStoppedAndStartedFromOutside(t *testing.T) {
	broken := errors.New("its port is taken")
	kafka, redis, api := &fakePart{up: true}, &fakePart{up: true}, &fakePart{up: true}
	p := &platform.Platform{Options: platform.Options{Dir: t.TempDir()}, Parts: []platform.Part{
		kafka.part("kafka", nil), redis.part("redis", nil), api.part("api", broken),
	}}
	p.Parts[0].Kill = nil
	if _, err := platform.Ask(t.Context(), p.Dir, "status"); err == nil || !strings.Contains(err.Error(), "no platform runs in "+p.Dir) {
		t.Errorf("before it runs: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(t.Context()) }()
	for late := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := platform.Ask(t.Context(), p.Dir, "status"); err == nil {
			break
		} else if time.Now().After(late) {
			t.Fatal("it does not answer")
		}
	}
	for _, test := range []struct{ ask, text, err string }{
		{ask: "restart kafka"},
		{ask: "stop redis"},
		{ask: "status", text: "kafka up\nredis down\napi up\n"},
		{ask: "start"}, // what is down
		{ask: "status", text: "kafka up\nredis up\napi up\n"},
		{ask: "start redis", err: "redis runs"},
		{ask: "kill api"},
		{ask: "start api", err: broken.Error()},
		{ask: "start", err: broken.Error()},
		{ask: "kill kafka", err: "kafka cannot be killed: stop it"},
		{ask: "freeze api", err: `"freeze": want status,`},
		{ask: "stop", err: "want status,"},
		{ask: "stop mongod", err: `there is no "mongod": want kafka, redis, api`},
	} {
		text, err := platform.Ask(t.Context(), p.Dir, strings.Fields(test.ask)...)
		if text != test.text || (err == nil) != (test.err == "") || err != nil && !strings.HasPrefix(err.Error(), test.err) {
			t.Errorf("%s: %q, %v; want %q, %q", test.ask, text, err, test.text, test.err)
		}
	}
	for name, test := range map[string]struct {
		part *fakePart
		want []string
	}{
		"kafka": {kafka, []string{"stop", "start"}},
		"redis": {redis, []string{"stop", "start"}},
		"api":   {api, []string{"kill", "start", "start"}},
	} {
		if !slices.Equal(test.part.did, test.want) {
			t.Errorf("%s: did %q, want %q", name, test.part.did, test.want)
		}
	}
	asked, cancel := context.WithCancel(t.Context())
	go func() { // it would wait for the end of this process
		_, _ = platform.Ask(asked, p.Dir, "shutdown")
	}()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	cancel()
	if _, err := platform.Ask(t.Context(), p.Dir, "status"); err == nil {
		t.Error("it answers after its end")
	}
}
