package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"globalmart/internal/api"
	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/fault"
)

// What is usual of a platform that is well.
const (
	// doctorAnswer is how long a part of the running process may take to answer.
	doctorAnswer = 5 * time.Second
	// lagPause is the time over which a lag is seen to grow.
	lagPause = 2 * time.Second
	// smallLag is what a worker may be behind at any moment, in records.
	smallLag = 5_000
	// clockSlack is how far the clocks of two machines may be apart; the stream takes
	// corrections of up to wrongClock.
	clockSlack = 2 * time.Second
	wrongClock = 10 * time.Minute
	// longReplay is more than a start reads again within seconds, in records.
	longReplay = 2_000_000
	// oldSnapshot is far above the minute in which one follows the other.
	oldSnapshot = 10 * time.Minute
	// farLake is more than a lake's open files hold at usual rates, in records.
	farLake = 1_000_000
)

// examineAnswers asks the parts of the running process.
func (d *doctor) examineAnswers(ctx context.Context) {
	src := Source{Data: d.o.Data, Kafka: embeddedKafka}
	parts := []struct {
		what, addr string
		ask        func(context.Context) error
	}{
		{"Kafka", d.run.Kafka, func(ctx context.Context) error {
			p := &platform{env: d.env, src: src}
			if _, err := p.find("doctor"); err != nil {
				return err
			}
			return p.ping(ctx, doctorAnswer)
		}},
		{"API", d.run.API, d.askAPI},
		{"metrics", d.run.Operator, func(ctx context.Context) (err error) {
			if d.first, err = scrapeMetrics(ctx, d.run.Operator); err != nil {
				return err
			}
			sleep(ctx, lagPause)
			d.second, err = scrapeMetrics(ctx, d.run.Operator)
			return err
		}},
	}
	for _, part := range parts {
		if part.addr == "" {
			continue
		}
		asked, cancel := context.WithTimeout(ctx, doctorAnswer)
		if err := part.ask(asked); err != nil {
			d.failed(part.what, err, fmt.Sprintf("see what pid %d logs, and start it again", d.run.PID))
		} else {
			d.ok(part.what, "answers at %s", part.addr)
		}
		cancel()
	}
	if d.second != nil {
		d.ok("memory of the process", "%d MiB resident", int64(d.second.sum("process_resident_memory_bytes"))>>20)
	}
}

// askAPI asks the running process how its parts are.
func (d *doctor) askAPI(ctx context.Context) error {
	parts, err := askAPI(ctx, d.run.API)
	if err != nil {
		return err
	}
	for _, c := range parts {
		if c.Status != api.StatusOK {
			return fmt.Errorf("%s is %s: %s", c.Name, c.Status, c.Detail)
		}
	}
	return nil
}

// openStore opens the live tables and reports whether there are any that this
// build reads.
func (d *doctor) openStore(ctx context.Context) bool {
	const check = "live tables"
	p := &platform{env: d.env, src: Source{Data: d.o.Data, Kafka: embeddedKafka, Store: d.o.Store}}
	name, err := p.storeName()
	if err == nil {
		d.store, err = p.openStore(ctx, false)
	}
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		d.ok(check, "there are none yet; the next start makes them")
	case err != nil:
		d.failed(check, err, "make them anew with `globalmart stream rebuild --data "+d.o.Data+"`")
	default:
		d.ok(check, "%s has the schema of this build", name)
	}
	return err == nil
}

// examineClock compares the newest arrival with the clock of this machine.
func (d *doctor) examineClock(ctx context.Context) {
	const check = "clock"
	asOf, err := d.store.AsOf(ctx)
	if err != nil {
		d.failed(check, err, "see whether the live tables are damaged")
		return
	}
	if asOf.RecordTime == 0 {
		d.ok(check, "nothing has arrived yet")
		return
	}
	newest := asOf.RecordTime.Std()
	ahead := time.Until(newest)
	found := "the newest event arrived " + ahead.Round(time.Second).String() + " ahead of the clock of this machine"
	fix := "set the clocks of the brokers and of this machine with NTP: until the time of that event, nothing that waits for time to pass is decided"
	switch {
	case ahead > wrongClock:
		d.say(check, wrong, found, fix)
	case ahead > clockSlack:
		d.say(check, warn, found, fix)
	default:
		d.ok(check, "the newest event arrived %s ago", (-ahead).Round(time.Second))
	}
}

// examineDeadLetters counts those of the last day.
func (d *doctor) examineDeadLetters(ctx context.Context) {
	const check = "dead letters"
	view, err := d.store.View(ctx)
	if err != nil {
		d.failed(check, err, "see whether the live tables are damaged")
		return
	}
	defer view.Close()
	since := event.TimeOf(d.now.Add(-24 * time.Hour))
	reasons := map[string]int64{}
	for letter, err := range view.DeadLetters(ctx) {
		if err != nil {
			d.failed(check, err, "see whether the live tables are damaged")
			return
		}
		if letter.Time >= since {
			reasons[string(letter.Reason)]++
		}
	}
	if len(reasons) == 0 {
		d.ok(check, "none in the last day")
		return
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		parts = append(parts, reason+" "+console.Count(reasons[reason]))
	}
	d.say(check, warn, "in the last day: "+strings.Join(parts, ", "), "mend what sends them; each is kept with its reason on the topic "+event.TopicDeadLetters)
}

// examineSnapshots finds how much of the log a start reads again.
func (d *doctor) examineSnapshots(ctx context.Context) {
	const check = "snapshots"
	needs, err := d.store.ReplayNeeds(ctx)
	if err != nil {
		d.failed(check, err, "see whether the live tables are damaged")
		return
	}
	var replay int64
	without := 0
	for _, n := range needs {
		from := int64(0)
		if len(n.Snapshots) > 0 {
			from = slices.Max(n.Snapshots)
		} else if n.Committed > 0 {
			without++
		}
		replay += max(0, n.Committed-from)
	}
	found := "a start reads " + console.Count(replay) + " records again"
	if without > 0 {
		found += fmt.Sprintf("; %d partitions are in no snapshot", without)
	}
	fix := "stop the stream with Ctrl-C, which writes snapshots; if they are not written while it runs, its log says why"
	age := time.Duration(0)
	if d.second != nil {
		age = time.Duration(d.second.highest("globalmart_stream_snapshot_age_seconds") * float64(time.Second))
	}
	switch {
	case age > oldSnapshot:
		d.say(check, warn, found+"; the newest one of a task is "+age.Round(time.Second).String()+" old", fix)
	case replay > longReplay:
		d.say(check, warn, found, fix)
	default:
		d.ok(check, "%s", found)
	}
}

// examineLag finds whether the running stream keeps up.
func (d *doctor) examineLag() {
	const check, behind = "lag", "globalmart_stream_behind_records"
	if d.second == nil || !d.second.has(behind) {
		return
	}
	before, now := int64(d.first.sum(behind)), int64(d.second.sum(behind))
	found := console.Count(now) + " records behind"
	switch {
	case d.second.sum("globalmart_stream_store_up") == 0:
		d.say(check, wrong, found+", and the store takes no commits", spaceOr(d.o.Data, fmt.Sprintf("see what pid %d logs: it tries again until the store takes them", d.run.PID)))
	case now > smallLag && now > before:
		d.say(check, warn, found+", "+console.Count(now-before)+" more than "+lagPause.String()+" ago", "more comes in than is applied: send less, or give the process more CPU or a faster disk")
	case now > smallLag:
		d.ok(check, "%s, and catching up", found)
	default:
		d.ok(check, "%s", found)
	}
}

// examineLake finds whether the lake can be written, and is.
func (d *doctor) examineLake() {
	const check, behind = "lake", "globalmart_lake_behind_records"
	dir := d.data.Lake()
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.failed(check, fmt.Errorf("%s cannot be written: %w", dir, err), fmt.Sprintf("make it writable for this user (uid %d), and its file system too", os.Getuid()))
		return
	}
	if d.second == nil || !d.second.has(behind) {
		d.ok(check, "%s can be written; nothing writes it now", dir)
		return
	}
	before, now := int64(d.first.sum(behind)), int64(d.second.sum(behind))
	found := console.Count(now) + " records behind the log"
	switch {
	case d.second.sum("globalmart_lake_up") == 0:
		d.say(check, wrong, found+", and it cannot be written", spaceOr(dir, fmt.Sprintf("see what pid %d logs: it tries again, and the log keeps what the lake lacks", d.run.PID)))
	case now > farLake && now > before:
		d.say(check, warn, found+" and falling back", "more comes in than is written: send less, or use a faster disk")
	default:
		d.ok(check, "%s", found)
	}
}
