package sdk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"globalmart/internal/datadir"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

func TestMain(m *testing.M) { os.Exit(process.Main(m)) }

const (
	writeKey = "globalmart-write-key-dev"
	apiKey   = "globalmart-api-key-2024"
)

// start starts a platform that nobody but the test sends to.
func start(t *testing.T) (dir string, run datadir.Run) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	p := process.Start(t, nil, "up", "--data", dir, "--rate", "0", "--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0")
	p.Await("ready in ")
	run, err := datadir.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, run
}

// client is a program with an SDK.
type client struct {
	name    string
	program func(sdk string) string // that runs its files
	orders  string                  // file that sends many
	gzip    bool
}

var clients = []client{
	{"node 3.1.0", func(string) string { return "node" }, "node/orders.mjs", false},
	{"python 2.4.0", python("2.4.0"), "python/orders.py", true},
	{"python 2.3.4", python("2.3.4"), "python/orders.py", false},
}

func python(version string) func(string) string {
	return func(sdk string) string { return filepath.Join(sdk, "python-"+version, "bin", "python") }
}

// run runs a file with the client's SDK.
func (c client) run(t *testing.T, sdk, file string, env ...string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() // beside Node's packages, where it looks for them
	if err := os.Symlink(filepath.Join(sdk, "node", "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, filepath.Base(file))
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), c.program(sdk), copied)
	cmd.Env = append(os.Environ(), env...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v:\n%s", c.name, err, said)
	}
}

// sales are what the API says of a period.
type sales struct {
	Orders  int64 `json:"orders"`
	Revenue int64 `json:"revenue_minor"`
}

// ask asks the API for the sales of two days: midnight may come between order and question.
func ask(t *testing.T, api string) (totals sales) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+api+"/api/v1/sales/summary?range=2d", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", apiKey)
	resp, err := (&http.Client{Timeout: process.Patience}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct{ Totals sales }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Data.Totals
}

// expect waits until the API shows as many orders as want, and checks that it then shows
// no other.
func expect(t *testing.T, api string, want sales) {
	t.Helper()
	var got sales
	process.Eventually(t, fmt.Sprintf("the API shows %d orders", want.Orders), func() bool {
		got = ask(t, api)
		return got.Orders >= want.Orders
	})
	if got != want {
		t.Errorf("API: %+v, want %+v", got, want)
	}
}

func TestWhatTheSDKsSendThroughFaultsIsCountedOnce(t *testing.T) {
	sdk := testenv.SDK(t)
	const orders = 1500
	dir, run := start(t)
	t.Run("all at once", func(t *testing.T) {
		for i, c := range clients {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				p, address := newProxy(t, run.API, uint64(i))
				gzip := "0"
				if c.gzip {
					gzip = "1"
				}
				c.run(t, sdk, c.orders, "COLLECTOR="+address, "WRITE_KEY="+writeKey, fmt.Sprintf("ORDERS=%d", orders), fmt.Sprintf("SHOP=shop-%d", i), "GZIP="+gzip)
				passed, met := p.counts()
				for f, n := range met {
					if n == 0 {
						t.Errorf("fault %d was never met", f)
					}
				}
				t.Logf("%d requests got through, faults: %v", passed, met)
			})
		}
	})
	want := sales{Orders: orders * int64(len(clients))}
	for n := range int64(orders) {
		want.Revenue += int64(len(clients)) * (1000 + n%977)
	}
	expect(t, run.API, want)
	process.Start(t, nil, "verify", "--data", dir).Succeed()
}

func TestTheSnippetsOfTheDocumentationWork(t *testing.T) {
	sdk := testenv.SDK(t)
	_, run := start(t)
	var want sales
	shell := client{name: "curl", program: func(string) string { return "bash" }}
	for _, s := range []struct {
		client
		file string
	}{{clients[0], "order.mjs"}, {clients[1], "order.py"}, {clients[2], "order.py"}, {shell, "order.sh"}} {
		if s.client.name != clients[2].name { // it sends what the other Python did: the order is counted once
			want.Orders++
			want.Revenue += 2750 - 300 - 200
		}
		s.run(t, sdk, filepath.Join("..", "..", "docs", "snippets", s.file), "COLLECTOR=http://"+run.API, "WRITE_KEY="+writeKey)
		expect(t, run.API, want)
	}
}
