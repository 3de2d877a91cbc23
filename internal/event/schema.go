package event

import (
	"encoding/json"
	"fmt"
	"unsafe"
)

// Schema returns the JSON Schema (draft 2020-12) of events of type t, indented,
// made from the tags of [Event] and [Item]. It is necessary but not sufficient:
// a schema cannot say that amounts add up, and its maxLength counts characters
// where the limits here count bytes.
func Schema(t Type) ([]byte, error) {
	ti := indexOf(t)
	if ti == 0 {
		return nil, fmt.Errorf("event: schema of type %q: no such type", t)
	}
	s := objectSchema(eventFields.byType[ti], ti)
	s.Dialect = "https://json-schema.org/draft/2020-12/schema"
	s.ID = "urn:globalmart:event:" + string(t) + ":" + SchemaVersion
	s.Title = string(t)
	s.Description = "Members that are not listed are dropped."
	s.AllOf = conditions[t]
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("event: schema of type %q: %w", t, err)
	}
	return append(b, '\n'), nil
}

// Types lists every type of event.
func Types() []Type { return append([]Type(nil), types[1:]...) }

// schema is the part of JSON Schema that is used here.
type schema struct {
	Dialect     string     `json:"$schema,omitempty"`
	ID          string     `json:"$id,omitempty"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description,omitempty"`
	Type        any        `json:"type,omitempty"`
	Const       any        `json:"const,omitempty"`
	Enum        []any      `json:"enum,omitempty"`
	Format      string     `json:"format,omitempty"`
	Pattern     string     `json:"pattern,omitempty"`
	MinLength   int        `json:"minLength,omitempty"`
	MaxLength   int        `json:"maxLength,omitempty"`
	Minimum     *int64     `json:"minimum,omitempty"`
	Maximum     *int64     `json:"maximum,omitempty"`
	Default     any        `json:"default,omitempty"`
	Items       *schema    `json:"items,omitempty"`
	MinItems    int        `json:"minItems,omitempty"`
	MaxItems    int        `json:"maxItems,omitempty"`
	Properties  properties `json:"properties,omitempty"`
	Required    []string   `json:"required,omitempty"`
	AllOf       []schema   `json:"allOf,omitempty"`
	If          *schema    `json:"if,omitempty"`
	Then        *schema    `json:"then,omitempty"`
	Else        *schema    `json:"else,omitempty"`
}

// property is a named schema; properties keeps them in order.
type property struct {
	name   string
	schema schema
}

type properties []property

// MarshalJSON writes the properties as one object, in their order.
func (p properties) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, each := range p {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, each.name), ':')
		value, err := json.Marshal(each.schema)
		if err != nil {
			return nil, err
		}
		b = append(b, value...)
	}
	return append(b, '}'), nil
}

// What texts and ids may hold, as patterns of both ECMAScript and RE2.
const (
	withoutNUL      = `^[^\x00]*$`
	withoutControls = `^[^\x00-\x1f\x7f]*$`
)

// objectSchema returns the schema of an object with fields, as type ti has
// them.
func objectSchema(fields []*field, ti typeIndex) schema {
	s := schema{Type: "object"}
	for _, f := range fields {
		s.Properties = append(s.Properties, property{f.name, f.schema(ti)})
		if f.need.has(ti) {
			s.Required = append(s.Required, f.name)
		}
	}
	return s
}

// bounds are those of integers that are not money.
var bounds = map[string][2]int64{
	"clock_skew_ms": {-MaxClockSkewMS, MaxClockSkewMS},
	"quantity":      {-MaxQuantity, MaxQuantity},
	"delta":         {-MaxQuantity, MaxQuantity},
}

// schema returns the schema of f in an event of type ti, or in an item if that
// is 0. Optional members may be null.
func (f *field) schema(ti typeIndex) schema {
	s := schema{Description: f.doc}
	switch f.kind {
	case kindText, kindType:
		f.textSchema(&s, ti)
	case kindTime, kindReceived:
		s.Type, s.Format = "string", "date-time"
	case kindInt, kindBase:
		f.integerSchema(&s, ti)
	case kindBool:
		s.Type, s.Default = "boolean", false
	case kindItems:
		line := objectSchema(itemFields.byType[0], 0)
		s.Type, s.Items, s.MaxItems = "array", &line, MaxItems
	case kindTexts:
		s.Type, s.Items, s.MaxItems = "array", &schema{Type: "string", MaxLength: MaxTextLength, Pattern: withoutNUL}, MaxPreferences
	}
	if !f.need.has(ti) {
		s.Type = []any{s.Type, "null"}
		if s.Enum != nil {
			s.Enum = append(s.Enum, nil)
		}
	}
	return s
}

// textSchema fills s for a text.
func (f *field) textSchema(s *schema, ti typeIndex) {
	s.Type = "string"
	if f.need.has(ti) {
		s.MinLength = 1
	}
	switch f.class {
	case classEnum:
		for _, v := range f.enum {
			s.Enum = append(s.Enum, v)
		}
		if f.kind == kindType {
			s.Enum, s.Const = nil, types[ti]
		}
		s.MinLength = 0
	case classCountry:
		s.Pattern = "^([A-Z]{2})?$"
	case classCurrency:
		s.Pattern, s.MinLength = "^[A-Z]{3}$", 0
	case classVersion:
		s.Pattern, s.MaxLength, s.Default = `^1\.(0|[1-9][0-9]*)$`, f.max, SchemaVersion
	case classID:
		s.MaxLength, s.Pattern = f.max, withoutControls
	default:
		s.MaxLength, s.Pattern = f.max, withoutNUL
	}
}

// integerSchema fills s for an integer.
func (f *field) integerSchema(s *schema, ti typeIndex) {
	low, high := int64(0), int64(MaxAmount)
	if !f.money {
		low, high = bounds[f.name][0], bounds[f.name][1]
	}
	if ti == 0 && f.offset == unsafe.Offsetof(Item{}.Quantity) {
		low = 1
	}
	s.Type, s.Minimum, s.Maximum = "integer", &low, &high
	if f.kind == kindInt && !f.need.has(ti) {
		s.Default = 0
	}
}

// conditions are what one member's value asks of the others.
var conditions = map[Type][]schema{
	TypeTransaction: {
		{
			If:   given("status", string(StatusRefunded)),
			Then: &schema{Required: []string{"refund_id"}, Properties: properties{{"refund_id", schema{Type: "string", MinLength: 1}}}},
		},
		{
			If:   given("status", string(StatusCompleted), string(StatusRefunded)),
			Then: &schema{Properties: properties{{"items", schema{MinItems: 1}}}},
		},
	},
	TypeCartEvent: {
		{
			If:   given("action", string(ActionAdd), string(ActionRemove), string(ActionUpdate)),
			Then: &schema{Required: []string{"product_id"}, Properties: properties{{"product_id", schema{Type: "string", MinLength: 1}}}},
		},
		{
			If:   given("action", string(ActionUpdate)),
			Else: &schema{Properties: properties{{"quantity", schema{Minimum: new(int64)}}}},
		},
	},
}

// given is the condition that a member has one of values.
func given(name string, values ...string) *schema {
	enum := make([]any, len(values))
	for i, v := range values {
		enum[i] = v
	}
	return &schema{Properties: properties{{name, schema{Enum: enum}}}, Required: []string{name}}
}
