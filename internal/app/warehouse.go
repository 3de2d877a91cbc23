package app

import (
	"context"
	"time"

	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/warehouse/parquet"
)

// openWarehouse opens what the API reads of the batch runs; close releases it.
func (p *platform) openWarehouse(ctx context.Context) error {
	dir := datadir.Layout(p.src.Data).Warehouse()
	r, err := parquet.NewReader(ctx, parquet.New(dir, time.Now))
	if err != nil {
		return fault.New(fault.Failed, "cannot open the warehouse", err, "check that "+dir+" can be written and there is room for temporary files")
	}
	p.warehouse = r
	return nil
}
