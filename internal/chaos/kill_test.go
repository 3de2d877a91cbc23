package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

// starting is how long a start takes at most before the platform is ready, about.
const starting = 300 * time.Millisecond

func TestKilledAtAnyMomentNothingIsLostOrDoubled(t *testing.T) {
	long(t)
	chance, dir := newChance(t), newDir(t)
	n := kills(t, 6, 1)

	broker := testenv.Address(t)
	first := up(t, dir, nil, "--rate", "0", "--kafka-listen", broker)
	ready(first, dir)
	first.Kill()
	shopper := newCustomer(t, broker)
	var shown sales
	early := 0
	for i := range n {
		p := up(t, dir, nil, slices.Concat(badEvents, []string{
			"--rate", "2000", "--seed", fmt.Sprint(i), "--kafka-listen", broker,
			"--snapshot-every", between(chance, 100*time.Millisecond, 2*time.Second).String(),
		})...)
		if chance.IntN(4) == 0 {
			p.KeepFor(between(chance, 0, starting))
			early++
		} else {
			shown = runOn(p, dir, chance, shown)
		}
		p.Kill()
	}
	acked := shopper.acked()

	last := up(t, dir, nil, "--rate", "0", "--kafka-listen", broker)
	run := ready(last, dir)
	shopper.leave()
	shopper.expectAnswered(run.API)
	repeated := shopper.expectLogged(broker)
	expectCatalogueOnce(t, broker)
	caughtUp(t, "--data", dir)
	last.StopCleanly()
	r := verifySettled(t, "--data", dir)
	shopper.expectDuplicates(r, repeated)
	t.Logf("%d kills, %d of them during the start: %d records verified; of the customer's %d records (%d confirmed at the last kill) %d were written again by the broker",
		n, early, r.Cut.Records, shopper.acked(), acked, repeated)
}

// runOn lets a platform run for a while once it is ready. What its API shows must
// not be less than before; it returns what it shows in the end.
func runOn(p *process.Process, dir string, chance *rand.Rand, before sales) sales {
	p.T.Helper()
	api := ready(p, dir).API
	if now := ask(p.T, api, ""); now.Orders < before.Orders || now.Revenue < before.Revenue {
		p.T.Errorf("after a restart the API shows %+v, before it was %+v", now, before)
	}
	p.KeepFor(between(chance, 0, 700*time.Millisecond))
	return ask(p.T, api, "")
}

// expectCatalogueOnce checks that no product and no initial stock is in the log
// twice, however often sending them was cut short.
func expectCatalogueOnce(t *testing.T, broker string) {
	t.Helper()
	times := map[string]int{}
	scan(t, broker, func(_ *kgo.Record, e *event.Event) {
		switch {
		case e.Type == event.TypeProduct:
			times["product "+e.ProductID]++
		case e.StockReason == event.StockInitial:
			times["initial stock of "+e.ProductID]++
		}
	}, event.TopicProducts, event.TopicInventoryUpdates)
	for what, n := range times {
		if n > 1 {
			t.Errorf("%s is in the log %d times", what, n)
		}
	}
}

func TestKilledDuringTheFirstStartAnotherStartSucceeds(t *testing.T) {
	long(t)
	chance := newChance(t)
	for range kills(t, 2, 0.1) {
		dir := newDir(t)
		for range 3 {
			p := up(t, dir, nil)
			p.KeepFor(between(chance, 0, starting))
			p.Kill()
		}
		p := up(t, dir, nil)
		awaitSales(p, ready(p, dir).API)
		p.StopCleanly()
		settle(t, dir)
		verifySettled(t, "--data", dir)
	}
}
