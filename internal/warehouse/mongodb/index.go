package mongodb

import (
	"context"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// indexes are what the questions ask of a table: the columns that are compared first,
// then those that it is sorted by, -column downwards. A table by day that is not here
// has one by its day.
var indexes = map[string][]string{
	"dim_product":       {"product_id -valid_from"},
	"fact_category_day": {"category event_date", "event_date"},
	"fact_order_line":   {"ts", "category ts"},
	"mart_affinity":     {"-lift product_a product_b", "-orders product_a product_b", "-support product_a product_b", "product_a", "product_b"},
	"mart_cohort":       {"cohort month"},
	"mart_migration":    {"period from_segment to_segment"},
	"mart_product": {
		"period category -net_minor product_key", "product_id",
		"period -net_minor category product_key",
		"period -units category -net_minor product_key",
		"period -orders category -net_minor product_key",
		"period -views category -net_minor product_key",
		"period -view_to_buy category -net_minor product_key",
		"period -return_rate category -net_minor product_key",
		"period -margin_minor category -net_minor product_key",
		"period -rank_change category -net_minor product_key",
	},
	"mart_rfm": {
		"segment -monetary_minor customer_key", "country segment -monetary_minor customer_key", "user_id",
	},
	"mart_segment_interval": {"from_date"},
	"mart_trend":            {"granularity country category -bucket"},
}

// byDay is the column of tables by day.
const byDay = "event_date"

// indexesOf are the indexes of a table that has such columns. Those for questions end
// with the versions, so that what another run has is passed over without being read.
// That of gone has only documents that were replaced: no question can take it, and none
// can miss a document that moves in it meanwhile.
func indexesOf(table string, hasDay bool) []mongo.IndexModel {
	all := []mongo.IndexModel{
		{Keys: bson.D{e(fieldKey, 1), e(fieldTo, 1)}, Options: options.Index().SetUnique(true)}, // one version is the current one
		{Keys: bson.D{e(fieldGone, 1)}, Options: options.Index().SetSparse(true)},
	}
	asked := indexes[table]
	if len(asked) == 0 && hasDay {
		asked = []string{byDay}
	}
	for _, columns := range asked {
		var keys bson.D
		for column := range strings.FieldsSeq(columns) {
			name, down := strings.CutPrefix(column, "-")
			direction := 1
			if down {
				direction = -1
			}
			keys = append(keys, e(name, direction))
		}
		all = append(all, mongo.IndexModel{Keys: append(keys, e(fieldTo, 1), e(fieldFrom, 1))})
	}
	return all
}

// ensureIndexes makes the indexes of a collection that it does not have.
func ensureIndexes(ctx context.Context, c *mongo.Collection, hasDay bool) error {
	_, err := c.Indexes().CreateMany(ctx, indexesOf(c.Name(), hasDay))
	return failed("indexes of "+c.Name(), err)
}
