package cli

import (
	"context"
	"time"

	"globalmart/internal/app"
)

// Batch is `globalmart batch`.
type Batch struct {
	Run     BatchRun     `cmd:"" help:"Run a job, or all of them: what changed in the lake goes to the warehouse."`
	History BatchHistory `cmd:"" help:"List the runs of the jobs, newest first."`
	List    BatchList    `cmd:"" help:"List the jobs with their tables."`
}

// warehouseDirs are the flags of commands that work on the files of the lake and the
// warehouse.
type warehouseDirs struct {
	Data  string `default:"data" placeholder:"DIR" help:"Data directory (${default})."`
	Lake  string `placeholder:"DIR" help:"Directory of the lake; that of the data directory if not given."`
	Store string `placeholder:"URL" help:"Where runs are recorded: sqlite:PATH or postgres://...; the live tables of the data directory if not given."`
	marts
}

func (d warehouseDirs) options() app.BatchOptions {
	return app.BatchOptions{Data: d.Data, Lake: d.Lake, Where: d.Warehouse, Store: d.Store}
}

// BatchRun is `globalmart batch run`.
type BatchRun struct {
	Job  string    `arg:"" enum:"etl,rfm,products,trends,cohorts,all" help:"etl, rfm, products, trends, cohorts or all."`
	Date time.Time `format:"2006-01-02" placeholder:"DATE" help:"As of this day: those before it are over. If not given, today in the shop's time zone, or the day after the last one in the lake."`
	warehouseDirs
	engine
}

// Validate is called by kong.
func (c *BatchRun) Validate() error { return c.engine.check() }

// Help shows examples.
func (*BatchRun) Help() string {
	return "Only what changed is computed: a new day costs that day, however long the history is. Run twice, it changes nothing. " +
		"It runs beside `globalmart up`; readers of the warehouse see the whole of a run or nothing of it.\n\n" +
		examples(
			"globalmart batch run all --data shop",
			"globalmart batch run rfm --date 2011-12-10 --data shop -o json",
			"globalmart batch run all --data /srv/shop --engine spark://thrift.example:10000",
		)
}

// Run runs the job.
func (c *BatchRun) Run(ctx context.Context, in *invocation) error {
	o := c.options()
	o.Job, o.Date, o.Engine = c.Job, c.Date, c.engineOptions()
	return app.BatchRun(ctx, in.env(), o)
}

// BatchHistory is `globalmart batch history`.
type BatchHistory struct {
	Job   string `default:"" enum:",etl,rfm,products,trends,cohorts" placeholder:"JOB" help:"Only etl, rfm, products, trends or cohorts."`
	Limit int    `default:"50" placeholder:"N" help:"At most so many (${default})."`
	warehouseDirs
}

// Help shows examples.
func (*BatchHistory) Help() string {
	return examples("globalmart batch history --data shop", "globalmart batch history --data shop --job etl -o json")
}

// Validate is called by kong.
func (c *BatchHistory) Validate() error { return between("limit", c.Limit, 1, 10_000) }

// Run lists the runs.
func (c *BatchHistory) Run(ctx context.Context, in *invocation) error {
	return app.BatchHistory(ctx, in.env(), app.BatchHistoryOptions{Batch: c.options(), Job: c.Job, Limit: c.Limit})
}

// BatchList is `globalmart batch list`.
type BatchList struct {
	warehouseDirs
}

// Run lists the jobs.
func (c *BatchList) Run(in *invocation) error { return app.BatchList(in.env(), c.options()) }
