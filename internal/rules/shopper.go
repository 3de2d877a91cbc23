package rules

import "time"

// Session are the rules of sessions.
type Session struct {
	Gap  time.Duration `yaml:"gap"`  // a pause this long, or longer, ends a session
	Max  time.Duration `yaml:"max"`  // a longer one is cut at multiples of it from its start
	Keep time.Duration `yaml:"keep"` // how long sessions are kept after their start
}

// Cart are the rules of carts.
type Cart struct {
	Idle     time.Duration `yaml:"idle"`     // without an action for this long a cart is abandoned
	Episode  time.Duration `yaml:"episode"`  // after this long without an action the next one begins a new episode
	Recovery time.Duration `yaml:"recovery"` // an order this long after the last action, at most, recovers an abandoned cart
	Keep     time.Duration `yaml:"keep"`     // how long carts are kept after their last action
}

const (
	minPause   = time.Minute
	maxPause   = 24 * time.Hour
	maxEpisode = 7 * 24 * time.Hour
)

// check reports what is wrong with s.
func (s Session) check(add func(path, format string, args ...any)) {
	if s.Gap < minPause || s.Gap > maxPause {
		add("session.gap", "found %s, want %s to %s", short(s.Gap), short(minPause), short(maxPause))
	}
	if s.Max < s.Gap || s.Max > maxEpisode {
		add("session.max", "found %s, want at least session.gap (%s) and at most %s", short(s.Max), short(s.Gap), short(maxEpisode))
	}
	if s.Keep < s.Max || s.Keep > maxKept {
		add("session.keep", "found %s, want at least session.max (%s) and at most %s", short(s.Keep), short(s.Max), short(maxKept))
	}
}

// check reports what is wrong with c.
func (c Cart) check(add func(path, format string, args ...any)) {
	if c.Idle < minPause || c.Idle > maxPause {
		add("cart.idle", "found %s, want %s to %s", short(c.Idle), short(minPause), short(maxPause))
	}
	if c.Episode < c.Idle || c.Episode > maxEpisode {
		add("cart.episode", "found %s, want at least cart.idle (%s) and at most %s", short(c.Episode), short(c.Idle), short(maxEpisode))
	}
	if c.Recovery < c.Idle || c.Recovery > maxKept {
		add("cart.recovery", "found %s, want at least cart.idle (%s) and at most %s", short(c.Recovery), short(c.Idle), short(maxKept))
	}
	if c.Keep < max(c.Recovery, c.Episode) || c.Keep > maxKept {
		add("cart.keep", "found %s, want at least cart.recovery and cart.episode (%s) and at most %s", short(c.Keep), short(max(c.Recovery, c.Episode)), short(maxKept))
	}
}
