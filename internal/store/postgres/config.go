package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	patience       = 30 * time.Second // for one transaction
	connectTimeout = 5 * time.Second  // unless the URL has connect_timeout
	cancelTime     = 2 * time.Second  // for the server to end a question that nobody waits for
)

// target is the database that a URL names.
type target struct {
	config *pgxpool.Config
	name   string // host:port/database, for people
}

// errURL says no more than this of a URL that cannot be read: what a parser says may
// show the password as a port, a host or a parameter.
var errURL = &Error{
	Err: errors.New("not a URL of a PostgreSQL database"),
	Fix: "write postgres://user:password@host:5432/database?sslmode=verify-full, with the characters / : @ ? # % of the password as %2F %3A %40 %3F %23 %25, or leave the password to PGPASSWORD",
}

// parse reads the URL of a database. Its errors do not show the password.
func parse(text string) (target, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return target{}, errURL
	}
	if at := strings.Count(text, "@"); at > 1 || at == 1 && u.User == nil { // part of a password
		return target{}, errURL
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil && strings.Count(text, "@") > 1 { // it may name the rest of a password
		return target{}, errURL
	}
	if err != nil {
		return target{}, &Error{Err: fmt.Errorf("%w of the URL", reason(err)), Fix: "see https://www.postgresql.org/docs/16/libpq-connect.html for what a URL may have"}
	}
	c := config.ConnConfig
	return target{config, fmt.Sprintf("%s/%s", net.JoinHostPort(c.Host, fmt.Sprint(c.Port)), c.Database)}, nil
}

// reason is what pgx says of a URL that it cannot use, without the URL.
func reason(err error) error {
	text := err.Error()
	if _, after, ok := strings.Cut(text, "`: "); ok {
		text = after
	}
	return errors.New(text)
}

// hide returns err without the password, should a driver or a server ever repeat
// it.
func (t target) hide(err error) error {
	password := t.config.ConnConfig.Password
	if password == "" || !strings.Contains(err.Error(), password) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), password, "***"))
}

// role is what connections are used for.
type role struct {
	name     string
	most     int32
	settings map[string]string
	cancel   bool // the server is told when a question is no longer waited for
}

// Settings of the sessions. What a plan is made for may be an empty table which is
// large when it is used. So those who write, always by key, go by indexes whatever the
// statistics say; questions are planned each time. A transaction whose process was stopped in the middle
// holds its tasks for as long as it may be idle. Times are milliseconds.
var (
	writing = role{name: "write", most: writers, settings: map[string]string{
		"synchronous_commit":                  "on",
		"statement_timeout":                   "30000",
		"idle_in_transaction_session_timeout": "5000",
		"enable_seqscan":                      "off",
		"enable_hashjoin":                     "off",
		"enable_mergejoin":                    "off",
	}}
	reading = role{name: "read", most: readers, cancel: true, settings: map[string]string{
		"default_transaction_read_only":       "on",
		"statement_timeout":                   "30000",
		"idle_in_transaction_session_timeout": "5000",
		"plan_cache_mode":                     "force_custom_plan",
	}}
	viewing = role{name: "view", most: views, cancel: true, settings: map[string]string{
		"default_transaction_read_only":       "on",
		"statement_timeout":                   "1800000",
		"idle_in_transaction_session_timeout": "1800000",
	}}
	publishing = role{name: "publish", most: 1, cancel: true, settings: map[string]string{
		"synchronous_commit":                  "on",
		"statement_timeout":                   "600000",
		"lock_timeout":                        "30000",
		"idle_in_transaction_session_timeout": "600000", // while files are read
	}}
	migrating = role{name: "migrate", most: 2, settings: map[string]string{"synchronous_commit": "on", "statement_timeout": "0", "lock_timeout": "30000"}}
	everybody = map[string]string{
		"jit":                     "off", // costs more than it saves below a second
		"tcp_keepalives_idle":     "10",  // seconds
		"tcp_keepalives_interval": "5",   // seconds
	}
)

// pool is the configuration of the connections of r.
func (t target) pool(r role) *pgxpool.Config {
	c := t.config.Copy()
	c.MaxConns, c.MinConns = r.most, 0
	t.session(r, c.ConnConfig)
	c.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		registerColumns(conn.TypeMap())
		return nil
	}
	return c
}

// session sets up the connections of r.
func (t target) session(r role, c *pgx.ConnConfig) {
	for _, settings := range []map[string]string{everybody, r.settings} {
		maps.Copy(c.RuntimeParams, settings)
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "globalmart"
	}
	c.RuntimeParams["application_name"] += " " + r.name
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}
	c.DialFunc = dialer.DialContext
	if r.name == writing.name && c.ValidateConnect == nil {
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite // of several hosts, the primary
	}
	if r.cancel {
		c.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
			return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelTime}
		}
	}
}
