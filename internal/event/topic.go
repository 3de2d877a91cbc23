package event

// The topics of the log. The first three are keyed by visitor_id and
// co-partitioned; none is compacted.
const (
	TopicTransactions     = "transactions"
	TopicProductViews     = "product_views"
	TopicCartEvents       = "cart_events"
	TopicInventoryUpdates = "inventory_updates"
	TopicProducts         = "products"
	TopicCustomers        = "customers"
	TopicOtherEvents      = "other_events"
	TopicDeadLetters      = "dead_letters"
	TopicAlerts           = "alerts"
)

// Topic returns the topic that carries events of type t, or "" for a type that
// this build does not know.
func (t Type) Topic() string {
	switch t {
	case TypeTransaction:
		return TopicTransactions
	case TypeProductView:
		return TopicProductViews
	case TypeCartEvent:
		return TopicCartEvents
	case TypeInventoryUpdate:
		return TopicInventoryUpdates
	case TypeProduct:
		return TopicProducts
	case TypeCustomer:
		return TopicCustomers
	}
	return ""
}

// Key returns the partition key of e: visitor_id, product_id or user_id.
func (e *Event) Key() string {
	switch e.Type {
	case TypeInventoryUpdate, TypeProduct:
		return e.ProductID
	case TypeCustomer:
		return e.UserID
	default:
		return e.VisitorID
	}
}
