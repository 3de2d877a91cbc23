package lake

import (
	"slices"

	"globalmart/internal/event"
	"globalmart/internal/lake/flat"
)

// Topics are the topics that the lake keeps: every topic of events. Dead letters
// and alerts are not among them, for they are made from these: a dead record is
// in the file of its topic, with the reason.
var Topics = []string{
	event.TopicTransactions, event.TopicProductViews, event.TopicCartEvents,
	event.TopicInventoryUpdates, event.TopicProducts, event.TopicCustomers, event.TopicOtherEvents,
}

// The columns that every topic has, by their place.
const (
	colPartition = iota
	colOffset
	colReceived
	colRawTime
	colKey
	colRawKey
	colHeaders
	colJSON
	colRaw
	colValid
	colReason
	colEventID
	colEventType
	colVersion
	colEventTime
	colEventDate
	colSource
	colVisitor
	colUser
	colSession
	colCountry
	colDevice
	ownColumns // where the topic's own begin
)

// common are the columns that every topic has.
var common = flat.Schema{
	colPartition: {Name: "log_partition", Type: flat.Int32, Required: true},
	colOffset:    {Name: "log_offset", Type: flat.Int64, Required: true},
	colReceived:  {Name: "received_at", Type: flat.Time},
	colRawTime:   {Name: "raw_time", Type: flat.Int64},
	colKey:       {Name: "key", Type: flat.Text},
	colRawKey:    {Name: "raw_key", Type: flat.Binary},
	colHeaders:   {Name: "headers", Type: flat.Text},
	colJSON:      {Name: "json", Type: flat.Text},
	colRaw:       {Name: "raw", Type: flat.Binary},
	colValid:     {Name: "valid", Type: flat.Bool, Required: true},
	colReason:    {Name: "invalid_reason", Type: flat.Word},
	colEventID:   {Name: "event_id", Type: flat.Text},
	colEventType: {Name: "event_type", Type: flat.Word},
	colVersion:   {Name: "schema_version", Type: flat.Word},
	colEventTime: {Name: "event_time", Type: flat.Time},
	colEventDate: {Name: "event_date", Type: flat.Date},
	colSource:    {Name: "source", Type: flat.Word},
	colVisitor:   {Name: "visitor_id", Type: flat.Text},
	colUser:      {Name: "user_id", Type: flat.Text},
	colSession:   {Name: "session_id", Type: flat.Text},
	colCountry:   {Name: "country", Type: flat.Word},
	colDevice:    {Name: "device", Type: flat.Word},
}

// The columns of each topic's own, by their place.
const (
	txLine = ownColumns + iota
	txID
	txStatus
	txRefundID
	txRestock
	txCurrency
	txPayment
	txCart
	txSubtotal
	txDiscount
	txShipping
	txTax
	txTotal
	txBaseTotal
	txIsOrder
	txProduct
	txCategory
	txQuantity
	txUnitPrice
	txLineDiscount
	txAmount
	txBaseAmount
	txIsProductOrder
)

const (
	viewProduct = ownColumns + iota
	viewCategory
	viewUnitPrice
	viewReferrer
)

const (
	cartID = ownColumns + iota
	cartAction
	cartProduct
	cartCategory
	cartQuantity
	cartUnitPrice
)

const (
	stockProduct = ownColumns + iota
	stockDelta
	stockReason
)

const (
	productID = ownColumns + iota
	productName
	productBrand
	productCategory
	productPrice
	productCost
	productActive
)

const (
	customerRegistered = ownColumns + iota
	customerPreferences
)

// schemas are the columns of each topic.
var schemas = map[string]flat.Schema{
	event.TopicTransactions: with(
		flat.Field{Name: "line_no", Type: flat.Int32, Required: true},
		flat.Field{Name: "transaction_id", Type: flat.Text},
		flat.Field{Name: "status", Type: flat.Word},
		flat.Field{Name: "refund_id", Type: flat.Text},
		flat.Field{Name: "restock", Type: flat.Bool},
		flat.Field{Name: "currency", Type: flat.Word},
		flat.Field{Name: "payment_method", Type: flat.Word},
		flat.Field{Name: "cart_id", Type: flat.Text},
		flat.Field{Name: "subtotal_minor", Type: flat.Int64},
		flat.Field{Name: "discount_minor", Type: flat.Int64},
		flat.Field{Name: "shipping_minor", Type: flat.Int64},
		flat.Field{Name: "tax_minor", Type: flat.Int64},
		flat.Field{Name: "total_minor", Type: flat.Int64},
		flat.Field{Name: "base_total_minor", Type: flat.Int64},
		flat.Field{Name: "is_order", Type: flat.Int32, Required: true},
		flat.Field{Name: "product_id", Type: flat.Text},
		flat.Field{Name: "category", Type: flat.Word},
		flat.Field{Name: "quantity", Type: flat.Int64},
		flat.Field{Name: "unit_price_minor", Type: flat.Int64},
		flat.Field{Name: "line_discount_minor", Type: flat.Int64},
		flat.Field{Name: "amount_minor", Type: flat.Int64},
		flat.Field{Name: "base_amount_minor", Type: flat.Int64},
		flat.Field{Name: "is_product_order", Type: flat.Int32, Required: true},
	),
	event.TopicProductViews: with(
		flat.Field{Name: "product_id", Type: flat.Text},
		flat.Field{Name: "category", Type: flat.Word},
		flat.Field{Name: "unit_price_minor", Type: flat.Int64},
		flat.Field{Name: "referrer", Type: flat.Word},
	),
	event.TopicCartEvents: with(
		flat.Field{Name: "cart_id", Type: flat.Text},
		flat.Field{Name: "action", Type: flat.Word},
		flat.Field{Name: "product_id", Type: flat.Text},
		flat.Field{Name: "category", Type: flat.Word},
		flat.Field{Name: "quantity", Type: flat.Int64},
		flat.Field{Name: "unit_price_minor", Type: flat.Int64},
	),
	event.TopicInventoryUpdates: with(
		flat.Field{Name: "product_id", Type: flat.Text},
		flat.Field{Name: "delta", Type: flat.Int64},
		flat.Field{Name: "stock_reason", Type: flat.Word},
	),
	event.TopicProducts: with(
		flat.Field{Name: "product_id", Type: flat.Text},
		flat.Field{Name: "name", Type: flat.Text},
		flat.Field{Name: "brand", Type: flat.Word},
		flat.Field{Name: "category", Type: flat.Word},
		flat.Field{Name: "price_minor", Type: flat.Int64},
		flat.Field{Name: "cost_minor", Type: flat.Int64},
		flat.Field{Name: "active", Type: flat.Bool},
	),
	event.TopicCustomers: with(
		flat.Field{Name: "registered_at", Type: flat.Time},
		flat.Field{Name: "preferences", Type: flat.Text},
	),
	event.TopicOtherEvents: common,
}

// keyColumn is the column of the key that an event of topic has.
func keyColumn(topic string) int {
	switch topic {
	case event.TopicInventoryUpdates:
		return stockProduct
	case event.TopicProducts:
		return productID
	case event.TopicCustomers:
		return colUser
	default:
		return colVisitor
	}
}

// lineColumn is the column that is above 0 where a row is not the first of its
// record, or -1 if the topic has none.
func lineColumn(topic string) int {
	if topic == event.TopicTransactions {
		return txLine
	}
	return -1
}

func with(own ...flat.Field) flat.Schema { return append(slices.Clone(common), own...) }
