package sdk_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"globalmart/internal/testenv"
)

// page sends what analytics.js sends in a browser, from another origin than the
// collector's: to the short paths, as text/plain, with an Authorization that makes the
// browser ask first. It tells its server what it was answered.
const page = `<!doctype html><title>shop</title><script type="module">
const [collector, key] = [%q, %q]
const settings = await (await fetch(collector + '/v1/projects/' + key + '/settings')).json()
const { apiHost, protocol } = settings.integrations['Segment.io']
const send = async (path, message) => {
  const response = await fetch(protocol + '://' + apiHost + path, {
    method: 'POST', keepalive: true,
    headers: { 'Content-Type': 'text/plain', Authorization: 'Basic ' + btoa(key + ':') },
    body: JSON.stringify({ ...message, anonymousId: 'browser-1', writeKey: key, sentAt: new Date(), timestamp: new Date(), messageId: 'ajs-' + path }),
  })
  return { status: response.status, ...(await response.json()) }
}
const answers = []
try {
  answers.push(await send('/p', { type: 'page', properties: { url: location.href } }))
  answers.push(await send('/t', { type: 'track', event: 'Product Viewed', properties: { product_id: 'shirt', price: 19 } }))
  answers.push(await send('/t?order', { type: 'track', event: 'Order Completed',
    properties: { order_id: 'order-from-browser', total: 19, products: [{ product_id: 'shirt', price: 19 }] } }))
  answers.push(await send('/b', { batch: [{ type: 'identify', userId: 'customer-20', messageId: 'ajs-i', traits: { createdAt: '2026-01-01T00:00:00Z' } }] }))
} catch (error) {
  answers.push({ error: String(error) })
}
await fetch('/answers', { method: 'POST', body: JSON.stringify(answers) })
</script><img src="/until-answered">`

func TestAPageOfAnotherOriginSends(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv(testenv.RequireVariable) != "" {
			t.Fatal(err)
		}
		t.Skip("needs chromium, which make setup installs")
	}
	_, run := start(t)
	answered := make(chan []byte, 1)
	done := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, page, "http://"+run.API, writeKey) // the browser is asked what it got
		case "/answers":
			text, err := io.ReadAll(r.Body)
			if err == nil {
				answered <- text
				close(done)
			}
		case "/until-answered": // the page has not loaded before, and the browser stays
			select {
			case <-done:
			case <-r.Context().Done():
			}
		default:
			http.NotFound(w, r)
		}
	}))
	defer site.Close()
	cmd := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--dump-dom", site.URL)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, said)
	}
	select {
	case text := <-answered:
		var answers []struct {
			Status   int
			Success  bool
			Accepted int
			Error    string
		}
		if err := json.Unmarshal(text, &answers); err != nil || len(answers) != 4 {
			t.Fatalf("%v: %s", err, text)
		}
		for _, a := range answers {
			if a.Status != http.StatusOK || !a.Success || a.Accepted != 1 {
				t.Errorf("answers: %s", text)
			}
		}
	default:
		t.Fatalf("the page told of no answers:\n%s", said)
	}
	expect(t, run.API, sales{Orders: 1, Revenue: 1900})
}
