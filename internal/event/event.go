package event

// SchemaVersion is the version that this build writes. A record whose major
// version differs is [UnknownVersion].
const SchemaVersion = "1.0"

// Limits of a record. Real orders have over 1,000 lines.
const (
	MaxRecordBytes = 512 << 10 // bytes of JSON
	MaxDepth       = 8         // nesting of objects and arrays
	MaxItems       = 2000      // lines of one transaction
	MaxIDLength    = 100       // bytes of event_id and other opaque ids
	MaxVisitorID   = 64        // bytes of visitor_id
	MaxTextLength  = 256       // bytes of names, categories, referrers
	MaxPreferences = 100       // categories a customer prefers
	MaxClockSkewMS = 600_000   // milliseconds, either way
)

// MaxQuantity bounds units, either way, so that sums of them cannot overflow.
const MaxQuantity int64 = 1e9

// Type says which fact an event states, and so which of its fields are set.
type Type string

// The types of events.
const (
	TypeTransaction     Type = "transaction"
	TypeProductView     Type = "product_view"
	TypeCartEvent       Type = "cart_event"
	TypeInventoryUpdate Type = "inventory_update"
	TypeProduct         Type = "product"
	TypeCustomer        Type = "customer"
)

// Status is the state of an order that a transaction reports.
type Status string

// The states of an order. Only completed and refunded ones move revenue.
const (
	StatusCompleted Status = "completed"
	StatusFailed    Status = "failed"
	StatusPending   Status = "pending"
	StatusCancelled Status = "cancelled" // before it was completed
	StatusRefunded  Status = "refunded"  // a refund, with refund_id and the lines given back
)

// Action is what a shopper did to a cart.
type Action string

// The actions on a cart.
const (
	ActionAdd      Action = "add"
	ActionRemove   Action = "remove"
	ActionUpdate   Action = "update"
	ActionClear    Action = "clear"
	ActionCheckout Action = "checkout"
)

// StockReason says why stock moved other than by an order.
type StockReason string

// The reasons of an inventory update.
const (
	StockInitial    StockReason = "initial"
	StockRestock    StockReason = "restock"
	StockAdjustment StockReason = "adjustment"
)

// UnknownCountry stands for a country that the shop could not name.
const UnknownCountry = "ZZ"

// Event is one fact, of any type: fields that its type does not have are zero
// and are not written. The struct is wide on purpose: one decoder, one encoder,
// no allocation per event.
//
// The tags are the one description of the JSON form, from which decoder,
// encoder, validation and JSON Schemas are made: `on` lists the types that have
// the field (none = every type), `need` those that require it ("*" = every type
// that has it), `max` bounds its length in bytes, `enum` lists its values,
// `format` is country, currency, version or base (an amount that may be
// [NoAmount]), and `doc` says what it means.
//
// The strings of a decoded event share memory with the record it was decoded
// from: clone what outlives the record.
type Event struct {
	ID            string `json:"event_id" need:"*" max:"100" doc:"Opaque, the client's own; UUIDv7 when made here."`
	Type          Type   `json:"event_type" need:"*" enum:"transaction,product_view,cart_event,inventory_update,product,customer"`
	SchemaVersion string `json:"schema_version" max:"16" format:"version" doc:"major.minor; absent means 1.0."`
	Timestamp     Time   `json:"timestamp" need:"*" doc:"When the shopper acted, by the client's clock."`
	ClockSkewMS   int64  `json:"clock_skew_ms" doc:"Correction of the client's clock by the ingest, milliseconds within ±600000."`
	ReceivedAt    Time   `json:"received_at" doc:"When the trusted ingest took it; equals the Kafka record's timestamp, which wins."`
	Source        string `json:"source" max:"64" doc:"Which ingest made it."`
	VisitorID     string `json:"visitor_id" on:"transaction,product_view,cart_event" need:"*" max:"64" doc:"Stable per device or person: the partition key."`
	UserID        string `json:"user_id" on:"transaction,product_view,cart_event,customer" need:"customer" max:"100" doc:"The known customer."`
	SessionID     string `json:"session_id" on:"transaction,product_view,cart_event" max:"100" doc:"The client's hint."`
	Country       string `json:"country" on:"transaction,product_view,cart_event,customer" format:"country" doc:"ISO 3166-1 alpha-2; ZZ or absent if unknown."`
	Device        string `json:"device" on:"transaction,product_view,cart_event" max:"32"`

	TransactionID  string `json:"transaction_id" on:"transaction" need:"*" max:"100"`
	Status         Status `json:"status" on:"transaction" need:"*" enum:"completed,failed,pending,cancelled,refunded"`
	RefundID       string `json:"refund_id" on:"transaction" max:"100" doc:"Required if status is refunded; a refund is its own event."`
	Restock        bool   `json:"restock" on:"transaction" doc:"The returned units go back into stock."`
	Items          []Item `json:"items" on:"transaction" need:"*"`
	SubtotalMinor  Minor  `json:"subtotal_minor" on:"transaction" need:"*" doc:"Sum of the lines' amount_minor."`
	DiscountMinor  Minor  `json:"discount_minor" on:"transaction" doc:"Discount on the whole order."`
	ShippingMinor  Minor  `json:"shipping_minor" on:"transaction"`
	TaxMinor       Minor  `json:"tax_minor" on:"transaction"`
	TotalMinor     Minor  `json:"total_minor" on:"transaction" need:"*" doc:"subtotal - discount + shipping + tax."`
	BaseTotalMinor Minor  `json:"base_total_minor" on:"transaction" format:"base" doc:"total_minor in the shop's reporting currency; absent if the ingest had no rate."`
	Currency       string `json:"currency" on:"transaction" need:"*" format:"currency" doc:"ISO 4217."`
	PaymentMethod  string `json:"payment_method" on:"transaction" max:"32"`
	CartID         string `json:"cart_id" on:"transaction,cart_event" need:"cart_event" max:"100"`

	ProductID      string      `json:"product_id" on:"product_view,cart_event,inventory_update,product" need:"product_view,inventory_update,product" max:"100" doc:"Required on a cart event unless its action is clear or checkout."`
	Category       string      `json:"category" on:"product_view,cart_event,product" max:"256"`
	UnitPriceMinor Minor       `json:"unit_price_minor" on:"product_view,cart_event"`
	Referrer       string      `json:"referrer" on:"product_view" max:"256"`
	Action         Action      `json:"action" on:"cart_event" need:"*" enum:"add,remove,update,clear,checkout"`
	Quantity       int64       `json:"quantity" on:"cart_event" doc:"The change, signed for update."`
	Delta          int64       `json:"delta" on:"inventory_update" need:"*" doc:"Units, signed."`
	StockReason    StockReason `json:"reason" on:"inventory_update" need:"*" enum:"initial,restock,adjustment"`

	Name         string   `json:"name" on:"product" need:"*" max:"256"`
	Brand        string   `json:"brand" on:"product" max:"256"`
	PriceMinor   Minor    `json:"price_minor" on:"product" need:"*"`
	CostMinor    Minor    `json:"cost_minor" on:"product"`
	Active       bool     `json:"active" on:"product"`
	RegisteredAt Time     `json:"registered_at" on:"customer" need:"*"`
	Preferences  []string `json:"preferences" on:"customer" doc:"Categories; at most 100."`
}

// Item is one line of a transaction.
type Item struct {
	ProductID       string `json:"product_id" need:"*" max:"100"`
	Category        string `json:"category" max:"256"`
	Quantity        int64  `json:"quantity" need:"*" doc:"Units, above 0."`
	UnitPriceMinor  Minor  `json:"unit_price_minor"`
	DiscountMinor   Minor  `json:"discount_minor" doc:"Discount on this line."`
	AmountMinor     Minor  `json:"amount_minor" need:"*" doc:"After the line's discount."`
	BaseAmountMinor Minor  `json:"base_amount_minor" format:"base" doc:"In the reporting currency, after its share of the order's discount; absent if there was no rate."`
}

// MaxAhead is how far event time may lie after arrival before the timestamp is
// taken for broken, in milliseconds.
const MaxAhead = 5 * 60 * 1000

// NamesNoLines reports whether e is a refund that does not say what it gives back: all
// that is left of its order. Whoever takes such a refund completes it.
func (e *Event) NamesNoLines() bool {
	return e.Type == TypeTransaction && e.Status == StatusRefunded && len(e.Items) == 0
}

// Time is the event's time in all analytics: the client's corrected clock,
// never later than the event's arrival.
func (e *Event) Time() Time {
	return min(e.Timestamp+Time(e.ClockSkewMS), e.ReceivedAt)
}
