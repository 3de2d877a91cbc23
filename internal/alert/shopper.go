package alert

import (
	"fmt"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// cartsCondition judges the value of abandoned carts.
func cartsCondition(value event.Minor, carts int64, now store.AlertLevel, r *rules.Rules) condition {
	limit := int64(r.Alerts.Carts.AtRiskMinor)
	c := condition{kind: store.AlertCarts, subject: "all", value: int64(value), threshold: limit}
	bound := limit
	if now != "" {
		bound -= limit * int64(r.Alerts.Carts.Margin) / 1000
	}
	c.text = fmt.Sprintf("%d abandoned carts are worth %s", carts, money(value, r.Currency))
	if int64(value) >= bound {
		c.level = store.CartsAtRisk
	}
	return c
}

// money writes an amount with its currency.
func money(m event.Minor, currency string) string {
	places, _ := rules.Exponent(currency)
	text := fmt.Sprintf("%0*d", places+1, int64(m))
	if places > 0 {
		text = text[:len(text)-places] + "." + text[len(text)-places:]
	}
	return currency + " " + text
}

// findingConditions opens an alert for each rule and visitor with a finding, and
// closes those of which there is none in findings, which are the recent ones.
func findingConditions(findings []store.FindingRow, open openAlerts) []condition {
	var conditions []condition
	at := map[string]int{}
	for i := range findings {
		f := &findings[i]
		name := findingSubject(f)
		if n, ok := at[name]; ok {
			conditions[n].value++
			continue
		}
		at[name] = len(conditions)
		conditions = append(conditions, condition{
			kind: store.AlertFinding, subject: name, level: store.FindingNew, value: 1, threshold: 1, text: findingText(f),
		})
	}
	for s := range open {
		if _, ok := at[s.name]; s.kind == store.AlertFinding && !ok {
			conditions = append(conditions, condition{kind: store.AlertFinding, subject: s.name, text: "nothing unusual since"})
		}
	}
	return conditions
}

func findingSubject(f *store.FindingRow) string {
	return string(f.Key.Rule) + "/" + f.Finding.VisitorID
}

func findingText(f *store.FindingRow) string {
	rule := strings.ReplaceAll(string(f.Key.Rule), "_", " ")
	return fmt.Sprintf("%s: order %s, score %.1f where %.1f is the limit", rule, f.Finding.TransactionID,
		float64(f.Finding.ScoreMilli)/1000, float64(f.Finding.ThresholdMilli)/1000)
}
