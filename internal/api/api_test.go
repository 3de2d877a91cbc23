package api

import (
	"strings"
	"testing"
)

func TestEveryProblemOfTheConfigurationIsReported(t *testing.T) {
	_, err := New(Config{AllowOrigins: []string{"*", "https://shop.example/", "shop.example", "https://*.shop.example", "https://Shop.example", "https://ok.example:8443"}}, Deps{})
	if err == nil {
		t.Fatal("an empty configuration is taken")
	}
	for _, want := range []string{
		"Config.Now", "Config.Log", "Config.Keys", "Config.Rules.Currency", "Deps.Sales", "Deps.Fresh", "Deps.Calendar",
		`origin "*"`, `origin "https://shop.example/"`, `origin "shop.example"`, `origin "https://*.shop.example"`, `origin "https://Shop.example"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "ok.example") {
		t.Errorf("a good origin is refused:\n%v", err)
	}
}
