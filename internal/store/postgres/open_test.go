package postgres_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"globalmart/internal/store/postgres"
	"globalmart/internal/testenv"
)

// TestWhatCannotBeOpenedSaysWhatToDo opens what is wrong in one way each. No error
// shows the password.
func TestWhatCannotBeOpenedSaysWhatToDo(t *testing.T) {
	t.Parallel()
	e := testenv.PostgresEndpoints(t)
	empty, err := url.Parse(testenv.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(u *url.URL, q url.Values)) string {
		u, q := *empty, empty.Query()
		change(&u, q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	const secret = "hunter2/is%a:secret@word"
	for name, test := range map[string]struct{ url, want string }{
		"a database without tables":    {empty.String(), "globalmart migrate"},
		"a database that there is not": {with(func(u *url.URL, _ url.Values) { u.Path = "/nowhere" }), "create the database"},
		"another password":             {with(func(u *url.URL, _ url.Values) { u.User = url.UserPassword(e.Username, secret) }), "correct user and password"},
		"a server that is not there":   {with(func(u *url.URL, _ url.Values) { u.Host = "127.0.0.1:1" }), "see that the server runs"},
		"a mode that there is not":     {with(func(_ *url.URL, q url.Values) { q.Set("sslmode", "sometimes") }), "sslmode"},
		"an authority that is not there": {with(func(_ *url.URL, q url.Values) {
			q.Set("sslmode", "verify-full")
			q.Set("sslrootcert", "/nowhere/ca.pem")
		}), "/nowhere/ca.pem"},
		"a password that is not escaped": {"postgres://shop:" + secret + "@127.0.0.1/globalmart", "%2F"},
		"a password that begins a query": {"postgres://shop:?" + secret + "@127.0.0.1/globalmart", "%3F"},
		"a password that begins a path":  {"postgres://shop:/" + secret + "@127.0.0.1/globalmart", "%2F"},
		"a file":                         {"/var/lib/globalmart/store.db", "postgres://user:password@host"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := postgres.Open(t.Context(), test.url)
			if err == nil {
				t.Fatal("no error", s.Close())
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want %q", err, test.want)
			}
			for _, password := range []string{e.Secret, "hunter2", "secret"} {
				if strings.Contains(err.Error(), password) {
					t.Errorf("the error shows the password %q: %v", password, err)
				}
			}
		})
	}
}

func TestTheServerMustBeWhoItSays(t *testing.T) {
	t.Parallel()
	e := testenv.PostgresEndpoints(t)
	if e.CA == "" {
		t.Skip("the server of " + testenv.PostgresVariable + " has no certificate of ours")
	}
	u, err := url.Parse(migrated(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ ca, want string }{
		"signed by the right authority": {e.CA, ""},
		"signed by another one":         {e.OtherCA, "sslrootcert=FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			q := url.Values{"sslmode": {"verify-full"}, "sslrootcert": {test.ca}}
			there := e.URL(strings.TrimPrefix(u.Path, "/"), q)
			s, err := postgres.Open(t.Context(), there)
			switch {
			case err == nil && test.want != "":
				t.Fatal("no error", s.Close())
			case err == nil:
				_, err = s.AsOf(t.Context())
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if err != nil {
					t.Error(err)
				}
			case test.want == "" || !strings.Contains(err.Error(), test.want):
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestMigratingAgainOrTogetherChangesNothing(t *testing.T) {
	t.Parallel()
	there := testenv.Postgres(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := postgres.Migrate(t.Context(), there); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	m, err := postgres.Migrate(t.Context(), there)
	if err != nil || m.From != m.To || m.To == 0 {
		t.Errorf("from %d to %d, error %v", m.From, m.To, err)
	}
	if err := exec(t.Context(), there, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"); err != nil {
		t.Fatal(err)
	}
	want := "use the newer globalmart"
	if _, err := postgres.Migrate(t.Context(), there); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("migrate: error %v, want %q", err, want)
	}
	if _, err := postgres.Open(t.Context(), there); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("open: error %v, want %q", err, want)
	}
}
