package event_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/event/eventtest"
)

//go:generate go test -run TestPublishedSchemasAreCurrent -update .

var update = flag.Bool("update", false, "rewrite the generated files")

func TestPublishedSchemasAreCurrent(t *testing.T) {
	for _, typ := range event.Types() {
		want, err := event.Schema(typ)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "..", "docs", "schemas", string(typ)+".json")
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is out of date; run go generate ./internal/event (-want +got):\n%s", path, diff)
		}
	}
}

func TestATypeThatIsUnknownHasNoSchema(t *testing.T) {
	if _, err := event.Schema("hologram"); err == nil {
		t.Error("no error")
	}
}

// schemas compiles the schema of every type.
func schemas(t *testing.T) map[event.Type]*jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	compiled := map[event.Type]*jsonschema.Schema{}
	for _, typ := range event.Types() {
		text, err := event.Schema(typ)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(string(typ)+".json", doc); err != nil {
			t.Fatal(err)
		}
		if compiled[typ], err = c.Compile(string(typ) + ".json"); err != nil {
			t.Fatal(err)
		}
	}
	return compiled
}

func TestSchemasTakeEveryValidEvent(t *testing.T) {
	compiled := schemas(t)
	rapid.Check(t, func(t *rapid.T) {
		e := eventtest.Draw(t)
		record := e.AppendJSON(nil)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(record))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled[e.Type].Validate(doc); err != nil {
			t.Fatalf("%s: %v", record, err)
		}
	})
}

// TestSchemasRefuseWhatDecodingRefuses checks every defect of form. A schema
// cannot see sums, times, exchange rates or keys given twice, and takes 1e3 for
// an integer.
func TestSchemasRefuseWhatDecodingRefuses(t *testing.T) {
	compiled := schemas(t)
	for name, d := range defects() {
		switch d.reason {
		case event.BadSchema, event.MissingKey:
		default:
			continue
		}
		if strings.Contains(name, "twice") || name == "exponent" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(d.record))
			if err != nil {
				t.Fatal(err)
			}
			typ, _ := doc.(map[string]any)["event_type"].(string)
			s := compiled[event.Type(typ)]
			if s == nil {
				s = compiled[event.TypeProductView]
			}
			if s.Validate(doc) == nil {
				t.Errorf("the schema takes %.600s", d.record)
			}
		})
	}
}
