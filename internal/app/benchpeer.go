package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"time"

	"github.com/redis/rueidis"

	"globalmart/internal/fault"
	"globalmart/internal/rules"
)

// peerWorkers is how many processes the peer answers with.
const peerWorkers = "2"

// peerMissing says why there is no peer to compare with, and how to get one; "" if
// there is one.
func (a *apiBench) peerMissing() string {
	for _, name := range []string{"bin/python", "app.py", "ready"} {
		if _, err := os.Stat(filepath.Join(a.o.Peer, name)); err != nil {
			return fmt.Sprintf("nothing is compared: there is no FastAPI service in %s; `make peers` gets it, --peer DIR says where it is", a.o.Peer)
		}
	}
	return ""
}

// startPeer starts the FastAPI service, which has its settings from the environment.
func (a *apiBench) startPeer(ctx context.Context, settings ...string) (*target, error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(a.o.Peer, "bin", "python"), "-m", "uvicorn", "app:app", "--app-dir", a.o.Peer,
		"--host", host, "--port", port, "--workers", peerWorkers, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
	shop := rules.Default()
	cmd.Env = append(os.Environ(), "PEER_API_KEY="+developmentKey, "PEER_CURRENCY="+shop.Currency, "PEER_TIME_ZONE="+shop.TimeZone)
	cmd.Env = append(cmd.Env, settings...)
	cmd.Stderr = os.Stderr
	return a.serve(ctx, cmd, addr, "/health")
}

// comparePeer measures the peer that has these settings beside f, once its answer is
// the same as that of ours.
func (a *apiBench) comparePeer(ctx context.Context, f *apiComparison, ours *target, redisPID int, settings ...string) error {
	peer, err := a.startPeer(ctx, settings...)
	if err != nil {
		return err
	}
	defer peer.stop()
	peer.redisPID, peer.storePID = redisPID, ours.storePID
	if err := compareAnswers(ctx, ours.url+salesQuestion, peer.url+salesQuestion); err != nil {
		return err
	}
	a.env.Say("the same by FastAPI")
	figures, err := a.measure(ctx, peer, load{questions: []string{salesQuestion}, connections: a.o.Connections, time: a.o.Time})
	if err != nil {
		return err
	}
	f.Peer = &figures
	f.against(f.Peer)
	return nil
}

// compareAnswers fails unless both addresses answer the same.
func compareAnswers(ctx context.Context, ours, peers string) error {
	one, err := fetch(ctx, ours)
	if err != nil {
		return err
	}
	other, err := fetch(ctx, peers)
	if err != nil {
		return err
	}
	if err := sameAnswer(one, other); err != nil {
		return fault.New(fault.Failed, "the services that are compared do not answer the same", err, "mend bench/peers/fastapi, then run make peers")
	}
	return nil
}

// sameAnswer fails if two answers differ in more than how far they lag behind and in
// how they write an instant.
func sameAnswer(one, other []byte) error {
	a, err := plain(one)
	if err != nil {
		return err
	}
	b, err := plain(other)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(a, b) {
		return fmt.Errorf("GlobalMart says %s, the other one %s", bytes.TrimSpace(one), bytes.TrimSpace(other))
	}
	return nil
}

// plain is an answer with its instants in UTC, without its lag.
func plain(answer []byte) (any, error) {
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("bench: an answer is no JSON: %w", err)
	}
	if meta, ok := v["meta"].(map[string]any); ok {
		delete(meta, "lag_ms")
	}
	return inUTC(v), nil
}

// inUTC is v with every text that is an instant in UTC.
func inUTC(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = inUTC(v[name])
		}
	case []any:
		for i := range v {
			v[i] = inUTC(v[i])
		}
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.UTC()
		}
	}
	return v
}

// peerKey is where the peer looks for its answer to salesQuestion.
const peerKey = "sales:metrics:10"

// startRedis starts a Redis that holds an answer where the peer looks for it.
func (a *apiBench) startRedis(ctx context.Context, answer []byte) (r *child, url string, err error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, "", err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, "", fmt.Errorf("bench: %w", err)
	}
	cmd := exec.CommandContext(ctx, "redis-server", "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", a.dir)
	if r, err = startChild(cmd); err != nil {
		return nil, "", fault.New(fault.Failed, "cannot start a Redis for the service that is compared", err, "apt-get install redis-server (make setup does so)")
	}
	limited, cancel := context.WithTimeout(ctx, serverStart)
	defer cancel()
	for {
		if err := putInRedis(limited, addr, answer); err == nil {
			return r, "redis://" + addr + "/0", nil
		}
		if err := r.wait(limited); err != nil {
			r.kill()
			return nil, "", fmt.Errorf("bench: start redis-server: %w", err)
		}
	}
}

func putInRedis(ctx context.Context, addr string, answer []byte) error {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, ForceSingleClient: true, DisableCache: true})
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer client.Close()
	return client.Do(ctx, client.B().Set().Key(peerKey).Value(rueidis.BinaryString(answer)).Build()).Error()
}
