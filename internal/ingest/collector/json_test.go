package collector

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
)

// tree returns what v says, as encoding/json does with numbers as they are written.
func tree(v value) any {
	switch {
	case !v.given():
		return nil
	case v.isObject():
		m := map[string]any{}
		for name, member := range v.members() {
			m[name] = tree(member)
		}
		return m
	case v.isArray():
		list := []any{}
		for element := range v.elements() {
			list = append(list, tree(element))
		}
		return list
	case v.isTrue() || v.begins('f'):
		return v.isTrue()
	case v.begins('"'):
		return v.text()
	}
	return json.Number(v.text())
}

func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, ` { "a" : [ 1 , "x\"\\y" , null , true , { "b" : -1.5e3 } ] , "a\u0062" : "\ud83d\ude00" } `, `{"a":1,"a":{"b":[[],{}]}}`,
		`"]}"`, `{"}":"{"}`, "{\"a\":\"\xff\"}", `[[[[[[]]]]]]`, `null`, `0`, `"\u0000"`, "\"\u2028\"",
		`-0.1e+2`, `01`, `1.`, `-`, `.5`, `1e`, `tru`, `"\x"`, `"\u12g4"`, "\"\t\"", "\"\x7f\"", `{"a"}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{,}`, `1 2`, `"`, `"\`, ``, strings.Repeat("[", 10_001),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		v, refused := parse(string(document))
		d := json.NewDecoder(bytes.NewReader(document))
		d.UseNumber()
		var want any
		err := d.Decode(&want)
		if valid := json.Valid(document); (refused == nil) != valid && !errors.Is(refused, errCrowded) {
			t.Fatalf("refused: %v; valid: %v", refused, valid)
		}
		if refused != nil {
			return
		}
		if err != nil {
			t.Skip() // deeper than encoding/json goes, though valid
		}
		if diff := cmp.Diff(want, tree(v)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestATextOfTooManyValuesIsRefused(t *testing.T) {
	text := "[" + strings.Repeat("0,", maxNodes-2) + "0]" // the array and its elements
	if _, err := parse(text); err != nil {
		t.Errorf("the longest: %v", err)
	}
	for _, more := range []string{"[0," + text[1:], `{"a":` + text + `}`, `[` + text + `]`} {
		if _, err := parse(more); !errors.Is(err, errCrowded) {
			t.Errorf("one more: %v", err)
		}
	}
}

func TestADecimalIsReadExactlyOrRefused(t *testing.T) {
	for text, want := range map[string]event.Minor{
		"27.5": 2750, "27.50": 2750, " 27.5 ": 2750, "0": 0, "-0": 0, "-1.005": -101, "1.005": 101, "1.0049999": 100, "1e2": 10000, "1E-2": 1, "12.5e+1": 12500,
		"0.30000000000000004": 30, "19.990000000000002": 1999, "0.00000000000000000000000000001": 0, "1e-30": 0, "0e999": 0, "10000000000000": 1e15, "00012": 1200,
		"10000000000000.01": event.NoAmount, "999999999999999999": event.NoAmount, "-999999999999999999": event.NoAmount,
	} {
		d, ok := parseDecimal(text)
		if got := d.times(1, 2); !ok || got != want {
			t.Errorf("%q: %d (%v), want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-", ".", "1.", ".5", "+1", "1,5", "1 2", "0x1", "1e", "1e1001", "1e18", "1234567890123456789", "NaN", "Infinity", "$1", "1e1e1", "--1", "1_0"} {
		if d, ok := parseDecimal(text); ok {
			t.Errorf("%q is read as %+v", text, d)
		}
	}
}

func TestADecimalTimesAQuantityIsRoundedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,9}(\.[0-9]{1,9})?(e-?[0-4])?`).Draw(t, "text")
		quantity := rapid.Int64Range(0, 1e9).Draw(t, "quantity")
		exponent := rapid.IntRange(0, 4).Draw(t, "exponent")
		d, ok := parseDecimal(text)
		if !ok {
			t.Fatalf("%q is refused", text)
		}
		exact, _ := new(big.Rat).SetString(text)
		exact.Mul(exact, new(big.Rat).SetInt64(quantity))
		exact.Mul(exact, new(big.Rat).SetInt64(int64(powersOfTen[exponent])))
		half := big.NewRat(1, 2)
		if exact.Sign() < 0 {
			half.Neg(half)
		}
		sum := new(big.Rat).Add(exact, half)
		want := new(big.Int).Quo(sum.Num(), sum.Denom()) // towards zero
		got := d.times(quantity, exponent)
		if new(big.Int).Abs(want).Cmp(big.NewInt(int64(event.MaxAmount))) > 0 {
			if got != event.NoAmount {
				t.Fatalf("%s × %d = %d, want no amount", text, quantity, got)
			}
			return
		}
		if !want.IsInt64() || int64(got) != want.Int64() {
			t.Fatalf("%s × %d with %d places = %d, want %d", text, quantity, exponent, got, want)
		}
	})
}
