package event

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// kind says how the value of a field is written in JSON and kept in memory.
type kind uint8

const (
	kindText     kind = iota // string
	kindType                 // string: the event's type
	kindTime                 // string: RFC 3339
	kindReceived             // string: replaced by the log's own time, so not read
	kindInt                  // integer: int64 or Minor
	kindBase                 // integer: a Minor that may be NoAmount
	kindBool
	kindItems // array of Item
	kindTexts // array of strings
)

// quoted reports whether values of kind k are JSON strings.
func (k kind) quoted() bool { return k <= kindReceived }

// class says what a text may hold.
type class uint8

const (
	classText class = iota
	classID         // no control characters; empty is missing_key if required
	classEnum
	classCountry
	classCurrency
	classVersion
)

// field describes one field of [Event] or [Item], from its tags.
type field struct {
	name   string
	key    string // `"name":`
	index  int    // in its fieldSet
	offset uintptr
	kind   kind
	class  class
	types  typeSet // that have it
	need   typeSet // that require it
	max    int     // bytes of text, 0 if it is none
	enum   []string
	money  bool
	doc    string
}

// typeSet is a set of types as bits: 1 << typeIndex.
type typeSet uint8

func (s typeSet) has(t typeIndex) bool { return s>>t&1 != 0 }

// typeIndex numbers the types; 0 is a type that this build does not know.
type typeIndex uint8

const (
	indexTransaction typeIndex = iota + 1
	indexProductView
	indexCartEvent
	indexInventoryUpdate
	indexProduct
	indexCustomer
	typeCount // the unknown type included
)

// types holds every type at its index.
var types = [typeCount]Type{
	"", TypeTransaction, TypeProductView, TypeCartEvent,
	TypeInventoryUpdate, TypeProduct, TypeCustomer,
}

func indexOf(t Type) typeIndex {
	switch t {
	case TypeTransaction:
		return indexTransaction
	case TypeProductView:
		return indexProductView
	case TypeCartEvent:
		return indexCartEvent
	case TypeInventoryUpdate:
		return indexInventoryUpdate
	case TypeProduct:
		return indexProduct
	case TypeCustomer:
		return indexCustomer
	default:
		return 0
	}
}

// fieldSet is the fields of one struct, in its order, and views of them made
// once: masks are over field.index.
type fieldSet struct {
	all    []field
	byName map[string]*field
	tokens []token              // for the scanner, by index
	has    [typeCount]uint64    // the fields of a type
	need   [typeCount]uint64    // the required ones
	byType [typeCount][]*field  // the fields of a type, in order
	texts  [typeCount][]textual // the texts of a type, in order
	keys   [typeCount][]textual // those that are required ids
}

// textual is what validation needs of a text, kept small.
type textual struct {
	offset uint16
	max    uint16
	class  class
	need   bool
	field  *field
}

var (
	eventFields = fieldsOf(reflect.TypeFor[Event]())
	itemFields  = fieldsOf(reflect.TypeFor[Item]())
)

// fieldsOf reads the tags of struct t. It panics on tags that mean nothing:
// that is a bug.
func fieldsOf(t reflect.Type) *fieldSet {
	s := &fieldSet{all: make([]field, t.NumField()), byName: map[string]*field{}}
	for i := range s.all {
		f := &s.all[i]
		*f = fieldOf(t.Field(i), i)
		s.byName[f.name] = f
		s.tokens = append(s.tokens, tokenOf(f))
		for ti := range typeCount {
			s.add(f, ti)
		}
	}
	return s
}

// add adds f to the views for type ti, if ti has it.
func (s *fieldSet) add(f *field, ti typeIndex) {
	if !f.types.has(ti) {
		return
	}
	s.has[ti] |= 1 << f.index
	s.byType[ti] = append(s.byType[ti], f)
	if f.need.has(ti) {
		s.need[ti] |= 1 << f.index
	}
	if f.kind != kindText {
		return
	}
	t := textual{uint16(f.offset), uint16(f.max), f.class, f.need.has(ti), f}
	s.texts[ti] = append(s.texts[ti], t)
	if t.need && t.class == classID {
		s.keys[ti] = append(s.keys[ti], t)
	}
}

func fieldOf(sf reflect.StructField, index int) field {
	name := sf.Tag.Get("json")
	f := field{
		name: name, key: strconv.Quote(name) + ":", index: index, offset: sf.Offset,
		money: sf.Type == reflect.TypeFor[Minor](),
		doc:   sf.Tag.Get("doc"),
	}
	if list := sf.Tag.Get("enum"); list != "" {
		f.enum = strings.Split(list, ",")
	}
	f.max, _ = strconv.Atoi(sf.Tag.Get("max"))
	format := sf.Tag.Get("format")
	f.kind = kindOf(sf, format)
	f.class = classOf(&f, format)
	f.types = typesOf(sf.Tag.Get("on"), ^typeSet(0))
	f.need = f.types & typesOf(sf.Tag.Get("need"), 0)
	return f
}

func kindOf(sf reflect.StructField, format string) kind {
	switch {
	case sf.Type == reflect.TypeFor[Type]():
		return kindType
	case sf.Name == "ReceivedAt":
		return kindReceived
	case sf.Type == reflect.TypeFor[Time]():
		return kindTime
	case sf.Type == reflect.TypeFor[[]Item]():
		return kindItems
	case sf.Type == reflect.TypeFor[[]string]():
		return kindTexts
	case sf.Type.Kind() == reflect.String:
		return kindText
	case sf.Type.Kind() == reflect.Bool:
		return kindBool
	case sf.Type.Kind() == reflect.Int64 && format == "base":
		return kindBase
	case sf.Type.Kind() == reflect.Int64:
		return kindInt
	}
	panic(fmt.Sprintf("event: field %s has a type without a JSON form", sf.Name))
}

// classOf sets the length of what has a fixed one and returns f's class.
func classOf(f *field, format string) class {
	switch {
	case f.enum != nil:
		for _, v := range f.enum {
			f.max = max(f.max, len(v))
		}
		return classEnum
	case format == "country":
		f.max = 2
		return classCountry
	case format == "currency":
		f.max = 3
		return classCurrency
	case format == "version":
		return classVersion
	case strings.HasSuffix(f.name, "_id"):
		return classID
	}
	return classText
}

// typesOf reads a list of types; "*" is all of them, an empty one is def.
func typesOf(list string, def typeSet) typeSet {
	switch list {
	case "":
		return def
	case "*":
		return ^typeSet(0)
	}
	var s typeSet
	for name := range strings.SplitSeq(list, ",") {
		i := slices.Index(types[:], Type(name))
		if i < 1 {
			panic("event: a tag names the unknown type " + name)
		}
		s |= 1 << i
	}
	return s
}
