package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"globalmart/internal/telemetry"
)

// Headers of a webhook's request.
const (
	// HeaderSignature carries "t=<Unix seconds>,v1=<hex>": the HMAC-SHA256 of
	// "<Unix seconds>.<body>" under the shared secret. Receivers compare it in
	// constant time and refuse old times.
	HeaderSignature = "GlobalMart-Signature"
	// HeaderIdempotency carries the message's id, the same at each attempt.
	HeaderIdempotency = "Idempotency-Key"
)

// Webhook posts notices to an address that the operator gave. Redirects are not
// followed: they could lead anywhere.
type Webhook struct {
	address *url.URL
	secret  telemetry.Secret
	client  *http.Client
	now     func() time.Time
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 4 << 10

// NewWebhook returns the receiver at address, an absolute http or https URL.
// Without a secret requests are not signed.
func NewWebhook(address string, secret telemetry.Secret, now func() time.Time) (*Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("want an absolute http or https address")
	}
	return &Webhook{u, secret, &http.Client{
		Timeout:       sendTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, now}, nil
}

// Name is the address without what may be secret in it: user, query and fragment.
func (w *Webhook) Name() string {
	return (&url.URL{Scheme: w.address.Scheme, Host: w.address.Host, Path: w.address.Path}).String()
}

// Send implements [Receiver]: any status of 200 to 299 means that it was taken.
func (w *Webhook) Send(ctx context.Context, m *Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.address.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("make the request: the address is not valid")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "GlobalMart")
	req.Header.Set(HeaderIdempotency, m.ID)
	if w.secret != "" {
		req.Header.Set(HeaderSignature, Sign(w.secret, w.now(), body))
	}
	answer, err := w.client.Do(req)
	if err != nil {
		return reachError(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)) // so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("it answered %s", answer.Status)
	}
	return nil
}

// reachError leaves out the address, whose query may be a secret.
func reachError(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// Sign returns the signature of a body sent at a time.
func Sign(secret telemetry.Secret, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
