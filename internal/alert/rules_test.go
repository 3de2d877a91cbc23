package alert

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

const noon event.Time = 1_779_969_600_000

func TestStockLevelsAreLeftOnlyPastTheMargin(t *testing.T) {
	d := &store.Demand{MeanMilli: 10_000, Low: 100, Critical: 20}
	for name, tt := range map[string]struct {
		onHand int64
		now    store.AlertLevel
		want   store.AlertLevel
	}{
		"enough":                                {101, "", ""},
		"at the reorder point":                  {100, "", store.StockLow},
		"just above it, once low":               {101, store.StockLow, store.StockLow},
		"at the margin":                         {110, store.StockLow, store.StockLow},
		"past the margin":                       {111, store.StockLow, ""},
		"worse at once":                         {20, store.StockLow, store.StockCritical},
		"critical is left past its margin":      {23, store.StockCritical, store.StockLow},
		"critical is held within it":            {22, store.StockCritical, store.StockCritical},
		"nothing left":                          {0, store.StockCritical, store.StockOut},
		"more sold than there was":              {-1, store.StockOut, store.StockOversold},
		"a delivery of a few":                   {1, store.StockOut, store.StockCritical},
		"oversold and mended to nothing":        {0, store.StockOversold, store.StockOut},
		"a delivery of many closes all at once": {500, store.StockOversold, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := stockLevel(tt.onHand, d, tt.now, 100); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestAStockAroundItsThresholdIsOneAlert walks a stock up and down.
func TestAStockAroundItsThresholdIsOneAlert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &store.Demand{Low: 100, Critical: 20}
		level := store.AlertLevel("")
		opened := 0
		for _, onHand := range rapid.SliceOf(rapid.Int64Range(91, 110)).Draw(t, "stock") {
			next := stockLevel(onHand, d, level, 100)
			if level == "" && next != "" {
				opened++
			}
			level = next
		}
		if opened > 1 {
			t.Fatalf("opened %d times", opened)
		}
	})
}

func TestDemandIsTheSameHoweverTimeIsCut(t *testing.T) {
	r := rules.Default().Alerts.Stock
	steady := func(steps int) store.Demand {
		d := store.Demand{At: noon, MeanMilli: 50_000, VarianceMilli: 0}
		for i := 1; i <= steps; i++ {
			elapsed := time.Duration(i) * 4 * 24 * time.Hour / time.Duration(steps)
			d = Refresh(d, noon.Add(elapsed), int64(100*elapsed/(24*time.Hour)), r)
		}
		return d
	}
	once, often := steady(1), steady(4)
	if diff := math.Abs(float64(once.MeanMilli - often.MeanMilli)); diff > 2 {
		t.Errorf("mean after one step %d, after four %d", once.MeanMilli, often.MeanMilli)
	}
	if want := int64(100_000 - 50_000*math.Pow(0.8, 4)); math.Abs(float64(once.MeanMilli-want)) > 2 {
		t.Errorf("mean %d, want %d", once.MeanMilli, want)
	}
}

func TestTheFirstDemandIsThatOfThePast(t *testing.T) {
	r := rules.Default().Alerts.Stock
	d := Unknown(noon, 40, r)
	if want := (store.Demand{At: noon, SoldUntil: 40, MeanMilli: -1, Low: 3, Critical: 1}); d != want {
		t.Errorf("got %+v, want %+v", d, want)
	}
	d = Refresh(d, noon.Add(6*time.Hour), 65, r)
	// 25 in a quarter of a day are 100 a day; Poisson: the variance is as much.
	reorder := 100 + 1.645*math.Sqrt(100+100*100*0.25*0.25)
	want := store.Demand{
		At: noon.Add(6 * time.Hour), SoldUntil: 65, MeanMilli: 100_000, VarianceMilli: 100_000,
		Low: int64(math.Ceil(reorder)), Critical: int64(math.Ceil(reorder - 100)),
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	if got := cover(50, &d); got != 12*time.Hour {
		t.Errorf("50 units last %s, want 12h", got)
	}
}

func minutesOf(orders ...int64) []minute {
	var m []minute
	for i, n := range orders {
		m = append(m, minute{noon + event.Time(i)*minuteMS, n})
	}
	return m
}

func TestOrdersOfAMinuteAreComparedWithThoseBefore(t *testing.T) {
	usual := slices.Repeat([]int64{98, 102, 100, 97, 103}, 5)
	for name, tt := range map[string]struct {
		orders []int64
		now    store.AlertLevel
		want   store.AlertLevel
		none   bool
	}{
		"as usual":                           {orders: append(usual[:25:25], 104)},
		"many more":                          {orders: append(usual[:25:25], 300), want: store.OrdersHigh},
		"far fewer":                          {orders: append(usual[:25:25], 30), want: store.OrdersLow},
		"one minute without":                 {orders: append(usual[:25:25], 0), want: store.OrdersLow},
		"three minutes without":              {orders: append(usual[:25:25], 0, 0, 0), want: store.OrdersZero},
		"an hour without is still not usual": {orders: append(usual[:25:25], make([]int64, 60)...), now: store.OrdersZero, want: store.OrdersZero},
		"back again":                         {orders: append(usual[:25:25], 0, 0, 0, 100), now: store.OrdersZero},
		"a shop with few orders":             {orders: append(slices.Repeat([]int64{1, 0, 2}, 10), 0, 0, 0)},
		"too early to say":                   {orders: []int64{100, 100, 900}, none: true},
		"within the band, but not close":     {orders: append(slices.Repeat([]int64{100}, 25), 145), now: store.OrdersHigh, want: store.OrdersHigh},
	} {
		t.Run(name, func(t *testing.T) {
			c, ok := ordersCondition(minutesOf(tt.orders...), tt.now, rules.Default().Alerts.Orders)
			if ok == tt.none || c.level != tt.want {
				t.Errorf("got %q (%s), judged %t; want %q", c.level, c.text, ok, tt.want)
			}
		})
	}
}

func TestMinutesWithoutSalesAreFilled(t *testing.T) {
	got := fill([]store.SalesWindow{{Start: noon + 3*minuteMS, Sales: store.Sales{Orders: 3}}, {Start: noon + minuteMS, Sales: store.Sales{Orders: 1}}}, noon+5*minuteMS, 120)
	want := []minute{{noon + minuteMS, 1}, {noon + 2*minuteMS, 0}, {noon + 3*minuteMS, 3}, {noon + 4*minuteMS, 0}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(minute{})); diff != "" {
		t.Error(diff)
	}
}

func TestCartsAreAnAlertUntilTheyAreWorthClearlyLess(t *testing.T) {
	r := rules.Default()
	r.Alerts.Carts.AtRiskMinor = 1000
	for value, want := range map[event.Minor][2]store.AlertLevel{
		999: {"", store.CartsAtRisk}, 1000: {store.CartsAtRisk, store.CartsAtRisk}, 900: {"", store.CartsAtRisk}, 899: {"", ""},
	} {
		for i, now := range []store.AlertLevel{"", store.CartsAtRisk} {
			if c := cartsCondition(value, 1, now, &r); c.level != want[i] {
				t.Errorf("%d with %q open: got %q, want %q", value, now, c.level, want[i])
			}
		}
	}
}

func TestABurstOfFindingsIsOneAlert(t *testing.T) {
	finding := func(id, visitor string, rule store.Rule) store.FindingRow {
		return store.FindingRow{Key: store.FindingKey{EventID: id, Rule: rule}, Finding: store.Finding{VisitorID: visitor, TransactionID: "o-" + id, ScoreMilli: 6000, ThresholdMilli: 5000}}
	}
	open := openAlerts{}
	step := func(want int, findings ...store.FindingRow) {
		t.Helper()
		changes := open.changes(findingConditions(findings, open), noon)
		if len(changes) != want {
			t.Fatalf("%d changes, want %d: %+v", len(changes), want, changes)
		}
		open.apply(changes)
	}
	step(2, finding("1", "a", store.Velocity), finding("2", "a", store.Velocity), finding("2", "a", store.HighValue))
	step(0, finding("2", "a", store.Velocity), finding("2", "a", store.HighValue), finding("3", "a", store.Velocity))
	step(1, finding("3", "a", store.Velocity))
	step(1)
	if len(open) != 0 {
		t.Errorf("%d are open", len(open))
	}
}
