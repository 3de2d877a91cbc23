package mongodb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"globalmart/internal/warehouse"
)

// Config says which MongoDB to use.
type Config struct {
	URL string // mongodb://[user:password@]host[:port][,…][/database][?…], or mongodb+srv:
}

// defaultDatabase is used where the URL names none.
const defaultDatabase = "globalmart"

const (
	// findTime is how long a question waits for a server that can be asked.
	findTime = 2 * time.Second
	// defaultLease is how long a publisher may be silent before another one takes over.
	defaultLease = time.Minute
)

// Warehouse is a database of a MongoDB. It is safe for concurrent use.
type Warehouse struct {
	client *mongo.Client
	db     *mongo.Database
	hosts  string

	lease time.Duration
	// step is a test's: it is called between two steps of publishing, and an error ends
	// that as the death of the process would.
	step func(name string) error
}

// errURL is why a URL is not taken. It says nothing of it: there may be a password in it.
var errURL = errors.New("want mongodb://[user:password@]host[:port][/database], or mongodb+srv://…")

// Open returns the warehouse in a MongoDB, which need not be there: it is connected to
// when it is asked. An error is one of the URL. The caller closes it.
func Open(cfg Config) (*Warehouse, error) {
	parsed, err := connstring.ParseAndValidate(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("warehouse/mongodb: %w", errURL)
	}
	journal := true
	client, err := mongo.Connect(options.Client().ApplyURI(cfg.URL).SetAppName("globalmart").SetServerSelectionTimeout(findTime).
		SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Majority()).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}))
	if err != nil {
		return nil, fmt.Errorf("warehouse/mongodb: %w", errURL)
	}
	name := parsed.Database
	if name == "" {
		name = defaultDatabase
	}
	return &Warehouse{
		client: client, db: client.Database(name), hosts: strings.Join(parsed.Hosts, ","),
		lease: defaultLease, step: func(string) error { return nil },
	}, nil
}

// Address is where the database is, without what is secret.
func (w *Warehouse) Address() string { return w.hosts + "/" + w.db.Name() }

// Ping fails if the database does not answer.
func (w *Warehouse) Ping(ctx context.Context) error {
	return failed("ping", w.client.Ping(ctx, readpref.Primary()))
}

// Close ends the connections.
func (w *Warehouse) Close(ctx context.Context) error { return w.client.Disconnect(ctx) }

// failed says what failed, and that the database cannot be used where that is why.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	if _, answered := errors.AsType[mongo.ServerError](err); answered && !mongo.IsNetworkError(err) && !mongo.IsTimeout(err) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("warehouse/mongodb: %s: %w", what, err)
	}
	return fmt.Errorf("warehouse/mongodb: %s: %w: %w", what, warehouse.ErrUnavailable, err)
}

// The names of collections that hold no table, and the fields that documents of tables
// have beside their columns.
const (
	publicationName = "publication"
	runsName        = "runs"
	copiesName      = "copies"

	fieldID   = "_id"
	fieldKey  = "key" // the values of the key columns
	fieldFrom = "from"
	fieldTo   = "to"
	fieldGone = "gone" // what to is, once the document was replaced
)

// current is the to of a document that was not replaced.
const current = int64(1) << 62

func set(fields ...bson.E) bson.D { return bson.D{{Key: "$set", Value: bson.D(fields)}} }

func e(key string, value any) bson.E { return bson.E{Key: key, Value: value} }

// eachTable calls do with every collection that has versions.
func (w *Warehouse) eachTable(ctx context.Context, do func(*mongo.Collection) error) error {
	names, err := w.db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return failed("list collections", err)
	}
	for _, name := range names {
		if name != copiesName && !isTable(name) { // others may share the database
			continue
		}
		if err := do(w.db.Collection(name)); err != nil {
			return err
		}
	}
	return nil
}
