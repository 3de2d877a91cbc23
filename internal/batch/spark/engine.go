// Package spark runs the batch jobs on an Apache Spark cluster, through its Thrift server
// (HiveServer2's protocol).
//
// Files are read and written by Spark, under the paths that this process has: what both
// must see, at the same place, are the lake and the warehouse. Nothing is kept in Spark:
// views and functions are temporary ones of a session.
package spark

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/telemetry"
)

// functions are those that the portable rules have and Spark lacks, one statement after
// the other.
//
//go:embed functions.sql
var functions string

// Config says where Spark is.
type Config struct {
	Address  string // host:port of the Thrift server
	User     string // "" = one that servers without authentication take
	Password telemetry.Secret
	TLS      *TLS // nil: plain text
	// Silence is how long the server may say nothing, not even that a statement is
	// still running; 0 = 2 minutes.
	Silence time.Duration
	// Settings are further ones of each session: "spark.sql.shuffle.partitions" and so on.
	Settings map[string]string
}

func (c Config) silence() time.Duration { return cmp.Or(c.Silence, 2*time.Minute) }

// ParseURL reads spark://[user:password@]host:port, with TLS where it ends in ?tls=true,
// or in ?ca=FILE with the authority to trust.
func ParseURL(text string) (Config, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Config{}, errors.New("it is no URL") // the error would show its password
	}
	if u.Scheme != "spark" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return Config{}, errors.New("want spark://[user:password@]host:port, with TLS ?tls=true or ?ca=FILE after it")
	}
	secure, err := parseTLS(u.Query())
	if err != nil {
		return Config{}, err
	}
	password, _ := u.User.Password()
	return Config{
		Address: net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), defaultPort)), User: u.User.Username(), Password: telemetry.Secret(password), TLS: secure,
	}, nil
}

// defaultPort is that of Thrift servers.
const defaultPort = "10000"

// Engine implements [batch.Engine].
type Engine struct {
	cfg     Config
	session *session
	version string
}

var _ batch.Engine = (*Engine)(nil)

// Open opens an engine. The caller closes it.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	s, err := dial(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("batch/spark: no session on Spark's Thrift server on %s: %w", cfg.Address, err)
	}
	e := &Engine{cfg: cfg, session: s}
	if err := e.begin(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("batch/spark: open: %w", err), e.Close())
	}
	return e, nil
}

func (e *Engine) begin(ctx context.Context) error {
	for statement := range strings.SplitSeq(strings.TrimSpace(functions), ";\n") {
		if err := e.Exec(ctx, strings.TrimSuffix(statement, ";")); err != nil {
			return err
		}
	}
	rows, err := e.Query(ctx, "select version() as version")
	if err != nil {
		return err
	}
	e.version, _, _ = strings.Cut(fmt.Sprint(rows[0][0]), " ") // after it comes a commit
	return nil
}

// Name implements [batch.Engine].
func (e *Engine) Name() string { return "spark " + e.version }

// Lane implements [batch.Engine]. It is another session: the server shares out its
// executors among them.
func (e *Engine) Lane(ctx context.Context, _ int) (batch.Engine, error) { return Open(ctx, e.cfg) }

// Exec implements [batch.Engine].
func (e *Engine) Exec(ctx context.Context, statement string) error {
	return e.run(ctx, literal(statement))
}

// run runs a statement of Spark's own SQL.
func (e *Engine) run(ctx context.Context, statement string) error {
	cursor, err := e.session.run(ctx, statement)
	if err != nil {
		return fmt.Errorf("batch/spark: %w", err)
	}
	cursor.Close()
	return nil
}

// Query implements [batch.Engine]. The columns must have different names.
func (e *Engine) Query(ctx context.Context, query string) ([][]any, error) {
	rows, err := e.session.query(ctx, literal(query))
	if err != nil {
		return nil, fmt.Errorf("batch/spark: %w", err)
	}
	return rows, nil
}

// Close implements [batch.Engine].
func (e *Engine) Close() error {
	if err := e.session.close(); err != nil {
		return fmt.Errorf("batch/spark: close: %w", err)
	}
	return nil
}
