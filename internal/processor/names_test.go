package processor_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/processor"
	"globalmart/internal/rules"
)

func TestTheProcessorsHaveNames(t *testing.T) {
	want := []string{"anomalies", "carts", "catalogue", "sales", "sessions", "stock"}
	if diff := cmp.Diff(want, processor.Names(rules.Default())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
