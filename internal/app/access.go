package app

import (
	"net"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/keys"
	"globalmart/internal/telemetry"
)

// APIAccess says which key the API takes beside those of the store.
type APIAccess struct {
	Key telemetry.Secret
	// Development: the development key is taken beyond this machine, too.
	Development bool
	Quota       int // requests a minute of one key
	// Origins are those whose pages may call the API from a browser.
	Origins []string
}

// CheckOrigin returns why o is no origin that pages can have.
func CheckOrigin(o string) error { return api.CheckOrigin(o) }

// MaxQuota is the largest quota that can be given.
const MaxQuota = 1_000_000_000

// developmentKey is public: it may be shown, and must not guard anything beyond
// this machine unless somebody says so.
const developmentKey = "globalmart-api-key-2024"

// configuredKey is the id of the key of the settings.
const configuredKey = "configured"

// localKey is the id of those who read without a key.
const localKey = "local"

// hint is what a person is told about the key in use.
func (a APIAccess) hint() string {
	if a.Key.Reveal() == developmentKey {
		return developmentKey
	}
	return "the one of --api-key"
}

// answerBytes bounds the finished answers that an API keeps in memory.
const answerBytes = 32 << 20

// apiAccess is who may ask an API what, and what it keeps for them.
type apiAccess struct {
	ring    *keys.Ring
	local   *keys.Key // of a page of this machine without a key; nil: it may do nothing
	keep    int64     // bytes of finished answers; 0 = none
	quota   int       // requests a minute of one key; 0 = that of the API
	origins []string  // whose pages may ask; nil = none but its own
}

// readAccess lets one key read, and nothing is kept: it is asked every question once.
func readAccess(key string) apiAccess {
	ring := keys.NewRing(keys.Config{Now: time.Now})
	ring.Add(configuredKey, []keys.Scope{keys.Read}, key)
	return apiAccess{ring: ring}
}

// newAccess returns the access to an API that listens at l: by the keys of the store,
// and the one of a. Where there is no cache, nothing is kept.
func (p *platform) newAccess(s keys.Store, a APIAccess, l net.Listener) apiAccess {
	access := apiAccess{ring: keys.NewRing(keys.Config{Store: s, Now: time.Now, Log: p.env.Log}), quota: a.Quota, origins: a.Origins}
	if p.cache != nil {
		access.keep = answerBytes
	}
	if a.Key.Reveal() == developmentKey {
		address := l.Addr().String()
		switch {
		case p.env.Production:
			p.env.Log.Warn("the API does not take the development key: this is production; make keys with `globalmart keys create`")
			return access
		case onLoopback(l):
			p.env.Log.Warn("the API takes the development key, which is public", "address", address)
		case a.Development:
			p.env.Log.Warn("the API takes the development key, which is public, from other machines", "address", address)
		default:
			p.env.Log.Warn("the API does not take the development key: it listens beyond this machine; make keys with `globalmart keys create`, or give --dev-key", "address", address)
			return access
		}
		if onLoopback(l) {
			local := access.ring.Add(localKey, []keys.Scope{keys.Read}, a.Key.Reveal())
			access.local = &local
		}
	}
	access.ring.Add(configuredKey, keys.Scopes, a.Key.Reveal())
	return access
}

// onLoopback reports whether only this machine reaches l.
func onLoopback(l net.Listener) bool {
	tcp, ok := l.Addr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
