package mongodb_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"globalmart/internal/warehouse/mongodb"
	"globalmart/internal/warehouse/warehousetest"
)

// indexRow is a row of the page: a collection and its indexes for questions.
var indexRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ((?:`[a-z_ -]+`(?:, )?)+) \\|$")

// describedIndexes reads the indexes of each collection from the page.
func describedIndexes(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/data_warehouse_schema.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## Collections in MongoDB\n")
	if !found {
		t.Fatal("the page has no section of collections")
	}
	all := map[string][]string{}
	for _, row := range indexRow.FindAllStringSubmatch(section, -1) {
		for index := range strings.SplitSeq(row[2], ", ") {
			all[row[1]] = append(all[row[1]], strings.Trim(index, "`")+" to from")
		}
	}
	return all
}

// checkDocumented holds what a run of all jobs made against the page: which collections
// there are, their indexes, and the fields of their documents.
func checkDocumented(t *testing.T, url, database string) {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(url))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) }()
	db := client.Database(database)
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	described := describedIndexes(t)
	want := []string{"copies", "publication", "runs"}
	for _, shape := range warehousetest.Shapes() {
		copied, ok := mongodb.Copied(shape)
		if !ok {
			continue
		}
		want = append(want, copied.Name)
		fields := []string{"_id", "from", "key", "to"}
		byDay := false
		for _, column := range copied.Columns {
			fields = append(fields, column.Name)
			byDay = byDay || column.Name == "event_date"
		}
		checkFields(t, db.Collection(copied.Name), fields)
		indexes := append(described[copied.Name], "_id", "gone", "key to")
		if byDay && described[copied.Name] == nil {
			indexes = append(indexes, "event_date to from")
		}
		checkIndexes(t, db.Collection(copied.Name), indexes)
		delete(described, copied.Name)
	}
	slices.Sort(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("collections (-described +there):\n%s", diff)
	}
	if len(described) > 0 {
		t.Errorf("described, and not there: %v", slices.Collect(maps.Keys(described)))
	}
}

// checkFields compares the fields of a document, if there is any that is current.
func checkFields(t *testing.T, c *mongo.Collection, want []string) {
	t.Helper()
	var one bson.M
	err := c.FindOne(t.Context(), bson.D{{Key: "gone", Value: nil}}).Decode(&one)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(one))); diff != "" {
		t.Errorf("fields of %s (-described +there):\n%s", c.Name(), diff)
	}
}

func checkIndexes(t *testing.T, c *mongo.Collection, want []string) {
	t.Helper()
	specs, err := c.Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, spec := range specs {
		elements, err := spec.KeysDocument.Elements()
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, e := range elements {
			sign := ""
			if n, _ := e.Value().AsInt64OK(); n < 0 {
				sign = "-"
			}
			keys = append(keys, sign+e.Key())
		}
		got = append(got, strings.Join(keys, " "))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("indexes of %s (-described +there):\n%s", c.Name(), diff)
	}
}
