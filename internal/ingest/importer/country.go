package importer

import "globalmart/internal/event"

// countries are the names in the Online Retail data set that stand for one
// country of ISO 3166-1. The set calls Ireland EIRE and South Africa RSA. The
// Channel Islands are two countries (GG and JE), so they are none.
var countries = map[string]string{
	"Australia":            "AU",
	"Austria":              "AT",
	"Bahrain":              "BH",
	"Belgium":              "BE",
	"Brazil":               "BR",
	"Canada":               "CA",
	"Cyprus":               "CY",
	"Czech Republic":       "CZ",
	"Denmark":              "DK",
	"EIRE":                 "IE",
	"Finland":              "FI",
	"France":               "FR",
	"Germany":              "DE",
	"Greece":               "GR",
	"Hong Kong":            "HK",
	"Iceland":              "IS",
	"Israel":               "IL",
	"Italy":                "IT",
	"Japan":                "JP",
	"Lebanon":              "LB",
	"Lithuania":            "LT",
	"Malta":                "MT",
	"Netherlands":          "NL",
	"Norway":               "NO",
	"Poland":               "PL",
	"Portugal":             "PT",
	"RSA":                  "ZA",
	"Saudi Arabia":         "SA",
	"Singapore":            "SG",
	"Spain":                "ES",
	"Sweden":               "SE",
	"Switzerland":          "CH",
	"USA":                  "US",
	"United Arab Emirates": "AE",
	"United Kingdom":       "GB",
}

// countryCode returns the ISO 3166-1 alpha-2 code of a name, or ZZ.
func countryCode(name string) string {
	if code, ok := countries[name]; ok {
		return code
	}
	return event.UnknownCountry
}
