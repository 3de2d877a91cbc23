package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
)

// DoctorOptions are those of `globalmart doctor`.
type DoctorOptions struct {
	Data           string
	Store          string // as Source has it
	Listen         string // where `up` would listen, host:port
	KafkaListen    string
	OperatorListen string
}

// severity is how bad a finding is.
type severity string

const (
	fine  severity = "ok"
	warn  severity = "warning" // it works, and may not for long or not well
	wrong severity = "wrong"   // it does not work
)

// diagnosis is one thing that was looked at.
type diagnosis struct {
	Check  string   `json:"check"`
	Status severity `json:"status"`
	Found  string   `json:"found"`
	Fix    string   `json:"fix,omitempty"`
}

// doctor is an examination of a data directory.
type doctor struct {
	env   Env
	o     DoctorOptions
	data  datadir.Layout
	run   datadir.Run // zero if nothing runs
	store liveStore
	now   time.Time
	list  []diagnosis

	first, second *readings // of the running process, some time apart; nil if there are none
}

// Doctor looks for what is wrong with a data directory and says how to mend it. It
// starts nothing and changes nothing, but for a file that it writes to measure the
// disk, and removes. It ends with fault.Failed if something is wrong.
func Doctor(ctx context.Context, env Env, o DoctorOptions) error {
	d := &doctor{env: env, o: o, data: datadir.Layout(o.Data), now: time.Now()}
	d.examine(ctx)
	if d.store != nil {
		defer d.store.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := env.Show(d.list, func() console.Grid { return doctorGrid(d.list) }); err != nil {
		return err
	}
	var ill []string
	fix := ""
	for _, one := range d.list {
		if one.Status == wrong {
			ill = append(ill, one.Check)
			if fix == "" {
				fix = one.Fix
			}
		}
	}
	if len(ill) > 0 {
		return fault.New(fault.Failed, "wrong: "+strings.Join(ill, ", "), nil, fix)
	}
	return nil
}

// examine looks at everything, from the ground up. What needs something that is
// missing is left out: that was told already.
func (d *doctor) examine(ctx context.Context) {
	if !d.examineDirectory() {
		return
	}
	d.examineSpace()
	d.examineDisk()
	d.examineMemory()
	d.examineRules()
	d.examineProcess()
	if d.run.PID == 0 {
		d.examinePorts(ctx)
	} else {
		d.examineAnswers(ctx)
	}
	if d.openStore(ctx) {
		d.examineClock(ctx)
		d.examineDeadLetters(ctx)
		d.examineSnapshots(ctx)
	}
	d.examineLag()
	d.examineLake()
}

func (d *doctor) ok(check, format string, args ...any) {
	d.list = append(d.list, diagnosis{Check: check, Status: fine, Found: fmt.Sprintf(format, args...)})
}

// say adds a finding that something should be done about.
func (d *doctor) say(check string, s severity, found, fix string) {
	d.list = append(d.list, diagnosis{check, s, found, fix})
}

// failed adds an error; fix is for those that do not say it themselves.
func (d *doctor) failed(check string, err error, fix string) {
	if own := fault.FixOf(err); own != "" {
		fix = own
	}
	d.say(check, wrong, err.Error(), fix)
}

func doctorGrid(list []diagnosis) console.Grid {
	marks := map[severity]string{fine: "✓", warn: "!", wrong: "✗"}
	g := console.Grid{Header: []string{"", "check", "found", "what to do"}}
	for _, one := range list {
		g.Rows = append(g.Rows, []any{marks[one.Status], one.Check, one.Found, one.Fix})
	}
	return g
}
