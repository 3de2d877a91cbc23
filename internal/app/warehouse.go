package app

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/lake/lookup/duck"
	"globalmart/internal/telemetry"
	"globalmart/internal/warehouse/mongodb"
	"globalmart/internal/warehouse/parquet"
)

// warehousePlace is where a warehouse is.
type warehousePlace struct {
	dir     string           // of its files
	mongodb telemetry.Secret // URL of the MongoDB that it is served from; "" = from the files
}

// placeWarehouse reads --warehouse: a directory, which parquet: may stand before, or the
// URL of a MongoDB. The files of what is served from there are the jobs' own: they are in
// the data directory or, if the lake is elsewhere, in the folder of the lake.
func placeWarehouse(where telemetry.Secret, lakeDir string, data datadir.Layout) warehousePlace {
	text := where.Reveal()
	switch {
	case text == "":
		return warehousePlace{dir: data.Warehouse()}
	case !strings.HasPrefix(text, "mongodb://") && !strings.HasPrefix(text, "mongodb+srv://"):
		return warehousePlace{dir: strings.TrimPrefix(text, "parquet:")}
	case lakeDir == "" || filepath.Clean(lakeDir) == filepath.Clean(data.Lake()):
		return warehousePlace{dir: data.Warehouse(), mongodb: where}
	default:
		return warehousePlace{dir: filepath.Join(lakeDir, "warehouse"), mongodb: where}
	}
}

// openMongoDB opens the warehouse in a MongoDB, which need not be there.
func openMongoDB(url telemetry.Secret) (*mongodb.Warehouse, error) {
	w, err := mongodb.Open(mongodb.Config{URL: url.Reveal()})
	if err != nil {
		return nil, fault.New(fault.Usage, "--warehouse: it is no URL of a MongoDB", err, "--warehouse mongodb://HOST:27017/DATABASE, with a password mongodb://USER:PASSWORD@HOST:27017/DATABASE?authSource=admin in GLOBALMART_WAREHOUSE")
	}
	return w, nil
}

// openWarehouse opens what the API reads of the batch runs, and the lake that it finds
// single orders in; close releases both.
func (p *platform) openWarehouse(ctx context.Context, where telemetry.Secret) error {
	place := placeWarehouse(where, "", datadir.Layout(p.src.Data))
	if place.mongodb != "" {
		w, err := openMongoDB(place.mongodb)
		if err != nil {
			return err
		}
		p.mongodb, p.warehouse = w, mongodb.NewReader(w)
		p.closeMongoDB = func() error { return w.Close(context.WithoutCancel(ctx)) }
	} else {
		r, err := parquet.NewReader(ctx, parquet.New(place.dir, time.Now))
		if err != nil {
			return fault.New(fault.Failed, "cannot open the warehouse", err, "check that "+place.dir+" can be written and there is room for temporary files")
		}
		p.files, p.warehouse = r, r
	}
	return p.openLake(ctx, p.lakeDir(""))
}

// openLake opens the lake in which single orders are found; close releases it.
func (p *platform) openLake(ctx context.Context, dir string) (err error) {
	if p.lookup, err = duck.New(ctx, dir); err != nil {
		return fault.New(fault.Failed, "cannot open the lake", err, "check that "+dir+" can be written and there is room for temporary files")
	}
	return nil
}

// closeWarehouse releases what openWarehouse has opened of it.
func (p *platform) closeWarehouse() {
	if p.files != nil {
		if err := p.files.Close(); err != nil {
			p.env.Log.Warn("temporary files of the warehouse are left", "error", err)
		}
	}
	if p.closeMongoDB != nil {
		if err := p.closeMongoDB(); err != nil { // the process ends, the connections with it
			p.env.Log.Warn("the connections to MongoDB", "error", err)
		}
	}
}

// pingTimeOfWarehouse is how long health waits for a MongoDB.
const pingTimeOfWarehouse = time.Second

// warehouseComponent is the MongoDB as health shows it. Without it the API still has what
// is live.
func (p *platform) warehouseComponent(ctx context.Context) api.Component {
	ctx, cancel := context.WithTimeout(ctx, pingTimeOfWarehouse)
	defer cancel()
	c := api.Component{Name: "warehouse", Status: api.StatusOK, Detail: "MongoDB " + p.mongodb.Address()}
	if err := p.mongodb.Ping(ctx); err != nil {
		c.Status, c.Detail = api.StatusDegraded, c.Detail+" does not answer: there are live figures only"
	}
	return c
}
