package rules

import "strings"

// The active currencies of ISO 4217 (list one, as of 2026-01) by the number of
// their decimal places. CLDR, which golang.org/x/text/currency follows, differs
// for a dozen of them: it states what people use, ISO what banks exchange.
const (
	places0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	places3 = "BHD IQD JOD KWD LYD OMR TND"
	places4 = "CLF UYW"
	places2 = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD " +
		"CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP " +
		"GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL " +
		"MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN " +
		"QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD " +
		"TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
)

var exponents = func() map[string]int {
	all := map[string]int{}
	for places, codes := range map[int]string{0: places0, 2: places2, 3: places3, 4: places4} {
		for code := range strings.FieldsSeq(codes) {
			all[code] = places
		}
	}
	return all
}()

// Exponent returns how many decimal places the minor unit of a currency has: 2
// for USD, 0 for JPY, 3 for KWD. It reports false for a code that is not in ISO
// 4217.
func Exponent(currency string) (int, bool) {
	places, known := exponents[currency]
	return places, known
}
