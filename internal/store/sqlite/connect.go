package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"github.com/mattn/go-sqlite3"
)

// Settings of every connection, in this order: page_size has to come before
// the file is first written, the wait for locks before what may need one. The
// driver is compiled so that a write-ahead log implies synchronous=NORMAL, which
// may lose the last commits when the power fails: FULL is set.
//
// A checkpoint every 4,000 pages of 16 KB, 64 MB, is rare enough to write a hot
// page once; the log is cut back to that after a long reader let it grow.
var (
	common = []string{
		"PRAGMA busy_timeout = 5000", // ms
		"PRAGMA page_size = 16384",
	}
	reading = append(common[:2:2],
		"PRAGMA cache_size = -8192", // KB
		"PRAGMA query_only = ON",
	)
	writing = append(common[:2:2],
		"PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = FULL",
		"PRAGMA wal_autocheckpoint = 4000", // pages
		"PRAGMA journal_size_limit = 67108864",
		"PRAGMA foreign_keys = ON",
		"PRAGMA cache_size = -32768", // KB
	)
)

// lockTime is how long a setting waits for a lock, asked for every lockPause.
const (
	lockTime  = 5 * time.Second
	lockPause = 5 * time.Millisecond
)

// connector makes connections with the given settings.
type connector struct {
	dsn     string
	driver  *sqlite3.SQLiteDriver
	pragmas []string
}

// connect returns a pool of connections to an existing file. It does no I/O.
func connect(path string, pragmas []string) *sql.DB {
	return sql.OpenDB(newConnector(path, "mode=rw&_stmt_cache_size=32", pragmas))
}

func newConnector(path, params string, pragmas []string) *connector {
	c := &connector{pragmas: pragmas}
	c.dsn = "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params
	c.driver = &sqlite3.SQLiteDriver{ConnectHook: c.set}
	return c
}

// Connect implements [driver.Connector].
func (c *connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver implements [driver.Connector].
func (c *connector) Driver() driver.Driver { return c.driver }

func (c *connector) set(conn *sqlite3.SQLiteConn) error {
	for _, pragma := range c.pragmas {
		if err := setPatiently(conn, pragma); err != nil {
			return fmt.Errorf("%s: %w", pragma, err)
		}
	}
	return nil
}

// setPatiently waits for a lock where SQLite does not: of several that turn a new file's
// write-ahead log on at once, it refuses all but one without asking busy_timeout, as they
// could wait for each other.
func setPatiently(conn *sqlite3.SQLiteConn, pragma string) error {
	for until := time.Now().Add(lockTime); ; time.Sleep(lockPause) {
		_, err := conn.Exec(pragma, nil)
		if err == nil || !busy(err) || time.Now().After(until) {
			return err
		}
	}
}

// mustExist refuses a path without a file before the driver says only "unable
// to open database file".
func mustExist(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file; create it with `globalmart migrate`")
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a directory; name the file in it, for example store.db")
	}
	return nil
}
