package cli

import (
	"context"

	"globalmart/internal/app"
	"globalmart/internal/telemetry"
)

// alerts are the flags of commands that tell of alerts. Addresses of webhooks are
// secrets: many a service tells its customers apart by what is in them.
type alerts struct {
	AlertWebhook []telemetry.Secret `placeholder:"URL" help:"Also post every notice of an alert to this address; may be given several times."`
	AlertSecret  telemetry.Secret   `placeholder:"SECRET" help:"Sign these requests with it (HMAC-SHA256); better in GLOBALMART_ALERT_SECRET, which no list of processes shows."`
}

func (a alerts) options() app.AlertOptions {
	return app.AlertOptions{Webhooks: a.AlertWebhook, Secret: a.AlertSecret}
}

// Alerts is `globalmart alerts`.
type Alerts struct {
	List AlertsList `cmd:"" help:"List what calls for attention, newest first."`
	Test AlertsTest `cmd:"" help:"Send every webhook a test notice; exits with 1 if one does not take it."`
}

// AlertsList is `globalmart alerts list`.
type AlertsList struct {
	source
	Kind       string `default:"" enum:",stock,carts,orders,finding" placeholder:"KIND" help:"Only stock, carts, orders or finding."`
	All        bool   `help:"Also those that are closed."`
	Deliveries bool   `help:"How notices fared with each receiver, instead."`
	Limit      int    `default:"50" placeholder:"N" help:"At most so many (${default})."`
}

// Validate is called by kong.
func (c *AlertsList) Validate() error { return between("limit", c.Limit, 1, 1000) }

// Run lists the alerts.
func (c *AlertsList) Run(ctx context.Context, in *invocation) error {
	return app.AlertsList(ctx, in.env(), app.AlertsListOptions{
		Source: c.source.options(), Kind: c.Kind, All: c.All, Deliveries: c.Deliveries, Limit: c.Limit,
	})
}

// AlertsTest is `globalmart alerts test`.
type AlertsTest struct {
	alerts
}

// Run sends the test notices.
func (c *AlertsTest) Run(ctx context.Context, in *invocation) error {
	return app.AlertsTest(ctx, in.env(), c.alerts.options())
}
