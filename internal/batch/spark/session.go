package spark

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/beltran/gohive"

	"globalmart/internal/batch"
)

const (
	// pollMillis is the pause between two questions whether a statement has ended, in
	// milliseconds. The server answers each when it has, at the latest after longPoll.
	pollMillis = 5
	longPoll   = "500ms"
	// fetchRows is how many rows of a result come at once.
	fetchRows = 10_000
	// cancelTime is how long a server may take to stop a statement that nobody waits for
	// any longer; then the connection is cut.
	cancelTime = 10 * time.Second
)

// settings are what the portable rules need, whatever the server is set to.
var settings = map[string]string{
	"spark.sql.ansi.enabled":                   "true", // errors, not nulls
	"spark.sql.session.timeZone":               "UTC",
	"spark.sql.timestampType":                  "TIMESTAMP_NTZ",
	"spark.sql.parser.escapedStringLiterals":   "false", // see literal
	"spark.sql.variable.substitute":            "false",
	"spark.sql.legacy.sizeOfNull":              "false",
	"spark.sql.caseSensitive":                  "false",
	"spark.sql.adaptive.enabled":               "true",
	"spark.sql.files.ignoreMissingFiles":       "false",
	"spark.sql.files.ignoreCorruptFiles":       "false",
	"spark.sql.parquet.fieldId.read.enabled":   "false",
	"spark.sql.parquet.writeLegacyFormat":      "false",
	"spark.sql.files.maxRecordsPerFile":        "0",
	"spark.sql.sources.partitionOverwriteMode": "static",
	"hive.server2.long.polling.timeout":        longPoll,
	// A small result is one file: tasks are joined up to the advisory size.
	"spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
	// A list of files is looked up by a few tasks, not by one each.
	"spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
}

// session is a session on the server. It is not safe for concurrent use.
type session struct {
	address string
	link    *link
	conn    *gohive.Connection
}

// link is a connection that remembers why it was lost.
type link struct {
	net.Conn
	lost atomic.Pointer[error]
}

// Read implements [net.Conn].
func (l *link) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	return n, l.note(err)
}

// Write implements [net.Conn].
func (l *link) Write(p []byte) (int, error) {
	n, err := l.Conn.Write(p)
	return n, l.note(err)
}

func (l *link) note(err error) error {
	if err != nil {
		l.lost.CompareAndSwap(nil, &err)
	}
	return err
}

// connect connects to the server of a name, with TLS where that is wanted.
func (c Config) connect(ctx context.Context, network, name, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: c.silence()}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil || c.TLS == nil {
		return conn, err
	}
	limited, cancel := context.WithTimeout(ctx, c.silence())
	defer cancel()
	secure, err := c.TLS.wrap(limited, conn, name)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

// dial opens a session.
func dial(ctx context.Context, c Config) (*session, error) {
	name, port, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	s := &session{address: c.Address}
	config := gohive.NewConnectConfiguration()
	config.Username, config.Password = cmp.Or(c.User, defaultUser), c.Password.Reveal()
	config.PollIntervalInMillis, config.FetchSize = pollMillis, fetchRows
	config.SocketTimeout = c.silence()
	config.HiveConfiguration = map[string]string{}
	for _, all := range []map[string]string{settings, c.Settings} {
		for key, value := range all {
			config.HiveConfiguration["set:hiveconf:"+key] = value
		}
	}
	stop := func() bool { return true }
	config.DialContext = func(_ context.Context, network, address string) (net.Conn, error) {
		conn, err := c.connect(ctx, network, name, address)
		if err != nil {
			return nil, err
		}
		s.link = &link{Conn: conn}
		stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
		return s.link, nil
	}
	s.conn, err = gohive.Connect(name, number, "LDAP", config) // logs in alike for NONE and CUSTOM
	if !stop() {
		err = ctx.Err()
	}
	if err != nil && s.link != nil {
		_ = s.link.Close() // it was of no use
	}
	return s, err
}

// defaultUser is who Spark is told that asks, where nobody else is named.
const defaultUser = "globalmart"

// run runs a statement to its end. The caller closes the cursor.
func (s *session) run(ctx context.Context, statement string) (*gohive.Cursor, error) {
	if err := cmp.Or(ctx.Err(), s.lost()); err != nil {
		return nil, err
	}
	defer s.guard(ctx)()
	cursor := s.conn.Cursor()
	cursor.Execute(context.WithoutCancel(ctx), statement, true)
	if cursor.Err == nil {
		cursor.WaitForCompletion(ctx)
	}
	if cursor.Err == nil {
		return cursor, nil
	}
	failed := cursor.Err
	if ctx.Err() != nil && s.lost() == nil {
		cursor.Cancel()
	}
	if s.lost() == nil {
		cursor.Close()
	}
	return nil, s.explain(ctx, failed)
}

// guard cuts the connection if a statement is still there some time after ctx has ended.
func (s *session) guard(ctx context.Context) (release func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-done:
		case <-time.After(cancelTime):
			_ = s.link.Close()
		}
	})
	return func() {
		stop()
		close(done)
	}
}

// lost is why the connection can be used no longer, or nil.
func (s *session) lost() error {
	if why := s.link.lost.Load(); why != nil {
		return fmt.Errorf("%w: the connection to Spark on %s was lost: %w", batch.ErrLost, s.address, *why)
	}
	return nil
}

// explain returns what a caller is told of a statement that failed.
func (s *session) explain(ctx context.Context, failed error) error {
	if err := cmp.Or(ctx.Err(), s.lost()); err != nil {
		return err
	}
	message := failed.Error()
	if hive, ok := errors.AsType[gohive.HiveError](failed); ok {
		message = hive.Message
	}
	message, _, _ = strings.Cut(message, "\n\tat ") // where in Spark's code
	_, what, found := strings.Cut(message, "Error running query: ")
	if found {
		message = what
	}
	return errors.New(strings.TrimSpace(message))
}

// close ends the session.
func (s *session) close() error {
	if s.lost() == nil {
		return s.conn.Close()
	}
	_ = s.link.Close() // it may be closed
	return nil
}
