package postgres

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"globalmart/internal/store"
)

// SQLSTATE codes, see https://www.postgresql.org/docs/16/errcodes-appendix.html.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	insufficientRight    = "42501"
)

// sqlState is the code of an error that the server reported, "" for any other.
func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// again reports whether the server gave a transaction up for another one, so that
// it may well succeed if it is done again as a whole.
func again(err error) bool {
	code := sqlState(err)
	return code == serializationFailure || code == deadlockDetected
}

// classify adds store.ErrUnavailable to an error that may go away by itself or by an
// operator's hand, of a transaction that did not commit. lost tells that the
// connection broke.
func classify(err error, lost bool) error {
	if err == nil {
		return nil
	}
	_, unreachable := errors.AsType[*pgconn.ConnectError](err)
	switch {
	case unreachable, lost, transientState(sqlState(err)), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", store.ErrUnavailable, explain(err))
	case sqlState(err) == insufficientRight:
		return fmt.Errorf("%w: %w", store.ErrDenied, explain(err))
	}
	return explain(err)
}

// transientState reports whether a code is about the server's state and not about
// what was asked.
func transientState(code string) bool {
	switch code {
	case serializationFailure, deadlockDetected,
		"55P03", // lock_not_available
		"55006", // object_in_use
		"57014", // query_canceled: statement_timeout
		"57P01", // admin_shutdown
		"57P02", // crash_shutdown
		"57P03", // cannot_connect_now: it starts, or stops
		"57P05", // idle_session_timeout
		"25006", // read_only_sql_transaction: a standby, or a primary that became one
		"25P03", // idle_in_transaction_session_timeout
		"58030": // io_error
		return true
	}
	// Connections; resources: disk, memory, connections.
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53")
}

// commitError tells what a failed COMMIT means. Only an answer of the server that
// leaves the session alive says that nothing was committed: one that ends it may
// come after the commit, while standbys are waited for.
func commitError(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.SeverityUnlocalized == "ERROR" {
		return classify(err, false)
	}
	return fmt.Errorf("%w: %w", store.ErrOutcomeUnknown, explain(err))
}

// Error is an error of PostgreSQL that an operator can mend.
type Error struct {
	Err error
	Fix string // what to do, as an imperative
}

// Error returns what went wrong and, in brackets, what to do.
func (e *Error) Error() string { return fmt.Sprintf("%v (%s)", e.Err, e.Fix) }

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// fixes are what to do about an error of the server, by its code.
var fixes = map[string]string{
	"28P01": "correct user and password in the URL, or PGPASSWORD",
	"28000": "let this user in from this machine, in pg_hba.conf, and use TLS if it asks for that",
	"3D000": "create the database: createdb NAME",
	"42501": "grant it: to migrate, this user needs USAGE and CREATE on the schema, and a schema mart that it owns or CREATE on the database; to use the tables, the rights in docs/operations.md",
	"42P01": "run `globalmart migrate`",
	"53100": "free some space: the server's disk is full",
	"53300": "raise max_connections of the server: each process opens up to 20",
	"25006": "name the primary: this server is a standby or was made read-only",
	"57P03": "wait until the server has started",
	"58030": "look at the server's log: its disk failed",
	"XX001": "restore the database: the server found damage in it",
	"XX002": "rebuild the index with REINDEX: the server found damage in it",
}

// Explain says what to do about errors of a connection of [Dial] that an operator can
// mend, as an [Error].
func Explain(err error) error {
	if err == nil {
		return nil
	}
	return explain(err)
}

// explain says what to do about errors that an operator can mend.
func explain(err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	if fix := fixes[sqlState(err)]; fix != "" {
		return &Error{err, fix}
	}
	if e, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return &Error{err, connectFix(e)}
	}
	return err
}

// connectFix is what to do about a connection that cannot be made for another
// reason than the server's no.
func connectFix(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "name the server in the URL as its certificate does, or get it a certificate of the name in the URL"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "add &sslrootcert=FILE to the URL, with the authority that signed the server's certificate"
	}
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return "get the server a certificate that is valid now, and for servers"
	}
	if strings.Contains(err.Error(), "server refused TLS") {
		return "turn TLS on at the server (ssl = on); on a network that you trust, sslmode=disable does without"
	}
	return "see that the server runs and can be reached at that address"
}
