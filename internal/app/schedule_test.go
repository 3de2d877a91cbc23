package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"globalmart/internal/api"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
)

func TestHealthTellsHowTheJobsDo(t *testing.T) {
	for name, test := range map[string]struct {
		status schedule.Status
		want   api.Component
	}{
		"standing by":   {schedule.Status{}, api.Component{Status: api.StatusOK, Detail: "standing by"}},
		"before a day":  {schedule.Status{Leading: true, Jobs: []schedule.JobStatus{{Name: "etl"}}}, api.Component{Status: api.StatusOK, Detail: "there is no whole day yet"}},
		"a failing job": {scheduling, api.Component{Status: api.StatusDegraded, Detail: "etl for 2026-05-02 failed: the disk is full"}},
		"a copy that is behind": {
			schedule.Status{Leading: true, Jobs: []schedule.JobStatus{
				{Name: "etl", Newest: store.JobRun{ID: 1, Job: "etl", Status: store.JobDone, Date: "2026-05-02"}},
				{Name: "rfm", Newest: store.JobRun{ID: 2, Job: "rfm", Status: store.JobDone, Date: "2026-05-02", Error: "MongoDB is down"}},
			}},
			api.Component{Status: api.StatusDegraded, Detail: "rfm for 2026-05-02 is done, but not copied: MongoDB is down"},
		},
		"a copy that was brought along": {
			schedule.Status{Leading: true, Jobs: []schedule.JobStatus{
				{Name: "etl", Done: store.JobRun{ID: 1, Date: "2026-05-02"}, Newest: store.JobRun{ID: 1, Status: store.JobDone, Error: "MongoDB is down"}},
				{Name: "rfm", Newest: store.JobRun{ID: 2, Status: store.JobDone}},
			}},
			api.Component{Status: api.StatusOK, Detail: "done for 2026-05-02"},
		},
		"no store": {schedule.Status{Late: errors.New("the store is down")}, api.Component{Status: api.StatusDegraded, Detail: "the store is down"}},
		"all is well": {
			schedule.Status{Leading: true, Jobs: []schedule.JobStatus{{Name: "etl", Done: store.JobRun{ID: 1, Date: "2026-05-02"}}}},
			api.Component{Status: api.StatusOK, Detail: "done for 2026-05-02"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.want.Name = "batch"
			if got := scheduleComponent(test.status); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestHowFarTheLakeHasData(t *testing.T) {
	file := func(source, topic, date string) string {
		if source == "raw" {
			return fmt.Sprintf("raw/%s/date=%s/p0-0.parquet", topic, date)
		}
		return fmt.Sprintf("%s/date=%s/%s/p0-0.parquet", source, date, topic)
	}
	for name, test := range map[string]struct {
		files []string
		want  string
	}{
		"nothing":              {nil, ""},
		"only today":           {[]string{file("raw", "transactions", "2026-05-02")}, ""},
		"yesterday":            {[]string{file("raw", "transactions", "2026-05-01")}, "2026-05-02"},
		"yesterday and today":  {[]string{file("history", "product_views", "2026-05-01"), file("raw", "transactions", "2026-05-02")}, "2026-05-02"},
		"a shop of long ago":   {[]string{file("import/retail", "transactions", "2011-12-09")}, "2011-12-10"},
		"a catalogue of today": {[]string{file("import/retail", "transactions", "2011-12-09"), file("raw", "products", "2026-05-02")}, "2011-12-10"},
		"only a catalogue":     {[]string{file("raw", "products", "2026-04-01")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range test.files {
				path := filepath.Join(dir, f)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := lakeAsOf(dir, "2026-05-02"); err != nil || got != test.want {
				t.Errorf("got %q, error %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestProcessNamesDiffer(t *testing.T) {
	a, b := processName(), processName()
	if a == b || !strings.Contains(a, fmt.Sprint(os.Getpid())) {
		t.Errorf("%s and %s", a, b)
	}
}
