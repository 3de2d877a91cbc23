package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"globalmart/internal/app"
)

// Lake is `globalmart lake`.
type Lake struct {
	Write      LakeWrite      `cmd:"" default:"withargs" help:"Write the lake until it is stopped, as \"globalmart lake\" alone does."`
	AcceptLoss LakeAcceptLoss `cmd:"" help:"Give up records that neither the lake nor the log has any more."`
}

// lakeSource are the flags of commands that need the log and the lake.
type lakeSource struct {
	source
	Lake string `placeholder:"DIR" help:"Directory of the lake; that of the data directory if not given."`
}

func (s lakeSource) options() app.LakeOptions {
	return app.LakeOptions{Source: s.source.options(), Lake: s.Lake}
}

// LakeWrite is `globalmart lake write`.
type LakeWrite struct {
	lakeSource
	lakeFiles
	quietOperator
	Once bool `help:"End when the lake has what the log held at the start."`
}

// Validate is called by kong.
func (c *LakeWrite) Validate() error { return c.lakeFiles.check() }

// Run writes the lake until it is stopped, or once.
func (c *LakeWrite) Run(ctx context.Context, in *invocation) error {
	o := c.options()
	o.RollAfter, o.Once, o.OperatorListen = c.LakeRollAfter, c.Once, string(c.OperatorListen)
	return app.Lake(ctx, in.env(), o)
}

// LakeAcceptLoss is `globalmart lake accept-loss`.
type LakeAcceptLoss struct {
	lakeSource
	Topic     string `required:"" placeholder:"TOPIC" help:"Topic of the records."`
	Partition int32  `required:"" placeholder:"N" help:"Their partition."`
	First     int64  `required:"" placeholder:"OFFSET" help:"Offset of the first record that is lost."`
	Last      int64  `required:"" placeholder:"OFFSET" help:"Offset of the last one."`
	Note      string `required:"" placeholder:"TEXT" help:"Who accepts it, and why. It is kept in the lake."`
}

// Validate is called by kong.
func (c *LakeAcceptLoss) Validate() error {
	var errs []error
	if c.Partition < 0 {
		errs = append(errs, fmt.Errorf("--partition: %d: want 0 or more", c.Partition))
	}
	if c.First < 0 || c.Last < c.First {
		errs = append(errs, fmt.Errorf("--first %d --last %d: want offsets of 0 or more, the last not below the first", c.First, c.Last))
	}
	if strings.TrimSpace(c.Note) == "" {
		errs = append(errs, errors.New("--note: it is empty: say who accepts the loss, and why"))
	}
	return errors.Join(errs...)
}

// Run accepts the loss.
func (c *LakeAcceptLoss) Run(ctx context.Context, in *invocation) error {
	return app.AcceptLoss(ctx, in.env(), app.LossOptions{
		LakeOptions: c.options(), Topic: c.Topic, Partition: c.Partition, First: c.First, Last: c.Last, Note: c.Note,
	})
}
