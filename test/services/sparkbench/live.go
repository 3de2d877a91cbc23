package main

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// undefinedTable is the code of PostgreSQL for a table that is not there, yet.
const undefinedTable = "42P01"

// ask asks for a number of the books of an engine; it is 0 before there are any.
func (b *bench) ask(ctx context.Context, e engine, what string) (n int64, err error) {
	err = b.conn.QueryRow(ctx, "SELECT coalesce("+what+", 0)::bigint FROM "+e.schema+".input_offset WHERE family = 'shopping'").Scan(&n)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == undefinedTable {
		return 0, nil
	}
	return n, err
}

// progress is how many records an engine has read, and how many there are.
func (b *bench) progress(ctx context.Context, e engine) (read, end int64, err error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.kafka.Plain))
	if err != nil {
		return 0, 0, err
	}
	defer client.Close()
	offsets, err := kadm.NewClient(client).ListEndOffsets(ctx, "transactions", "product_views", "cart_events")
	if err != nil {
		return 0, 0, err
	}
	offsets.Each(func(o kadm.ListedOffset) { end += o.Offset })
	read, err = b.ask(ctx, e, "sum(next_offset)")
	return read, end, err
}

const (
	sampleEvery = 20 * time.Millisecond
	caughtUp    = 10 * time.Second // an engine whose newest event is younger follows the log
)

// follow watches how old the newest event is that an engine has written, while there are
// live ones.
func (b *bench) follow(ctx context.Context, e engine, f *figures) error {
	generator := exec.CommandContext(ctx, b.program, "generate", "--kafka", b.kafka.Plain, "--rate", strconv.Itoa(b.rate))
	if err := generator.Start(); err != nil {
		return err
	}
	defer func() {
		_ = generator.Process.Signal(syscall.SIGTERM) // it may have failed, which the ages say
		_ = generator.Wait()
	}()
	for {
		age, err := b.age(ctx, e)
		if err != nil {
			return err
		}
		if age < caughtUp {
			break
		}
		if err := pause(ctx, sampleEvery); err != nil {
			return err
		}
	}
	if err := pause(ctx, caughtUp); err != nil { // what it does at its start is over
		return err
	}
	var ages []time.Duration
	for began := time.Now(); time.Since(began) < b.live; {
		age, err := b.age(ctx, e)
		if err != nil {
			return err
		}
		ages = append(ages, age)
		if err := pause(ctx, sampleEvery); err != nil {
			return err
		}
	}
	slices.Sort(ages)
	f.AgeP50 = float64(ages[len(ages)/2].Microseconds()) / 1000
	f.AgeP99 = float64(ages[len(ages)*99/100].Microseconds()) / 1000
	return nil
}

// age is how old the newest event is that an engine has written.
func (b *bench) age(ctx context.Context, e engine) (time.Duration, error) {
	newest, err := b.ask(ctx, e, "max(last_time)")
	return time.Since(time.UnixMilli(newest)), err
}

// pause waits for d, or fails when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
