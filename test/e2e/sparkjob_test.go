package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"globalmart/internal/store/postgres"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
	"globalmart/test/services/sparkjob"
)

// measures are the sums that sales have: part of their keys only says who wrote a row.
const measures = "sum(orders), sum(units), sum(revenue), sum(refunds), sum(units_returned), sum(refunded), sum(tax), sum(shipping)"

// both are the tables that either engine writes, each in its schema, and what is to be equal;
// of the books, what was read and what became of it.
var both = map[string]string{
	"sales_minute_country":  "SELECT start, country, " + measures + " FROM %s.sales_minute_country GROUP BY start, country",
	"sales_minute_category": "SELECT start, category, " + measures + " FROM %s.sales_minute_category GROUP BY start, category",
	"sales_hour":            "SELECT start, country, category, " + measures + " FROM %s.sales_hour GROUP BY start, country, category",
	"session":               "SELECT * FROM %s.session",
	"ledger": "SELECT topic, partition, min(from_offset), max(to_offset), sum(applied), sum(duplicate), sum(dead), sum(too_old) " +
		"FROM %s.ledger WHERE family = 'shopping' GROUP BY topic, partition",
}

// TestSparkStreamingAgreesRowByRow drains one backlog, with everything that can be wrong with
// events, through the stream engine and through the job for Spark, which shares no code with it.
// The job is killed in the middle, and goes on; then it does a batch again that it had written.
func TestSparkStreamingAgreesRowByRow(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Spark three times")
	}
	t.Parallel()
	e, tables := testenv.KafkaEndpoints(t), testenv.Postgres(t)
	plain, password, _ := ways(t, e)
	if _, err := postgres.Migrate(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
	ask[any](t, slices.Concat([]string{"topics", "create", "--partitions", "2"}, plain)...)
	generate := func(start, count, rate, seed string, faults ...string) {
		process.Start(t, nil, slices.Concat([]string{
			"generate", "--start", start, "--count", count, "--rate", rate, "--seed", seed,
		}, faults, plain)...).Succeed()
	}
	generate("2026-01-01T00:00:00Z", "4000", "1", "7", "--duplicates", "0.03", "--late", "0.1", "--corrupt", "0.02")

	job := newSparkJob(t, password, tables)
	first := job.start("--max-records", "1000")
	process.Eventually(t, "Spark has written a batch", func() bool {
		select {
		case <-first.ended:
			t.Fatalf("the job ended: %v\n%s", first.err, job.output())
		default:
		}
		return job.batch() >= 0
	})
	job.pages()
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-first.ended
	job.drain("--max-records", "2000")
	done := job.batch()
	job.forgetEnd(done)
	// Later than all the rest, so that every session of the rest is at rest, and none of these.
	generate("2026-01-01T06:00:00Z", "200", "20", "8")
	job.drain("--max-records", "2000")
	if again := job.batch(); again <= done {
		t.Errorf("the last batch of Spark is %d, it was %d before there were more events", again, done)
	}

	stream := process.Start(t, nil, slices.Concat([]string{"stream", "--store", tables, "--operator-listen", "127.0.0.1:0"}, plain)...)
	process.Eventually(t, "the engines agree", func() bool { return len(differences(t, tables)) == 0 })
	stream.StopCleanly()
	if d := differences(t, tables); len(d) > 0 {
		t.Errorf("they differ at the end: %v", d)
	}
	for _, table := range []string{"sales_minute_country", "sales_minute_category", "sales_hour", "session"} {
		if n := count(t, tables, "SELECT count(*) FROM spark."+table); n < 100 {
			t.Errorf("%s has %d rows: too few to say anything", table, n)
		}
	}
	for _, disposition := range []string{"applied", "duplicate", "dead", "too_old"} {
		if n := count(t, tables, "SELECT sum("+disposition+")::bigint FROM spark.ledger"); n == 0 {
			t.Errorf("no record was %s", disposition)
		}
	}
}

// differences are the tables whose rows are not the same in both schemas, and how many those
// are.
func differences(t *testing.T, url string) []string {
	t.Helper()
	var found []string
	for name, query := range both {
		ours, theirs := "("+fmt.Sprintf(query, "public")+")", "("+fmt.Sprintf(query, "spark")+")"
		if n := count(t, url, "SELECT count(*) FROM (("+ours+" EXCEPT "+theirs+") UNION ALL ("+theirs+" EXCEPT "+ours+")) AS d"); n > 0 {
			found = append(found, fmt.Sprintf("%s: %d rows", name, n))
		}
	}
	return found
}

// sparkJob is the job for Spark in one directory, with Kafka and PostgreSQL over TLS.
type sparkJob struct {
	t       *testing.T
	dir     string
	ui      string
	tables  string
	options sparkjob.Options
}

func newSparkJob(t *testing.T, way []string, tables string) *sparkJob {
	t.Helper()
	const cache = "../../.cache/services"
	if _, err := os.Stat(filepath.Join(cache, "sparkjob")); err != nil && os.Getenv(testenv.RequireVariable) == "" {
		t.Skip("make setup builds the job for Spark")
	}
	j := &sparkJob{t: t, dir: t.TempDir(), ui: testenv.Address(t), tables: tables}
	j.options = sparkjob.Options{Cache: filepath.Join(cache, "sparkjob"), SparkCache: filepath.Join(cache, "spark"), Brief: true}
	for i := 0; i < len(way); i += 2 { // flags and their values
		name := strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(way[i], "--"), "-", "_"))
		j.options.Settings = append(j.options.Settings, "GLOBALMART_"+name+"="+way[i+1])
	}
	j.options.Settings = append(j.options.Settings, "GLOBALMART_STORE="+overTLS(t, tables))
	return j
}

// overTLS is the URL of a database with TLS, where the server of the tests has it.
func overTLS(t *testing.T, tables string) string {
	t.Helper()
	e := testenv.PostgresEndpoints(t)
	u, err := url.Parse(tables)
	if err != nil {
		t.Fatal(err)
	}
	if e.CA == "" {
		return tables
	}
	return e.URL(strings.TrimPrefix(u.Path, "/"), url.Values{"sslmode": {"verify-full"}, "sslrootcert": {e.CA}})
}

// run is the job running.
type run struct {
	*exec.Cmd
	ended chan struct{} // closed when it is gone
	err   error         // how it ended
}

// start starts the job. It is gone when the test ends.
func (j *sparkJob) start(args ...string) *run {
	j.t.Helper()
	o := j.options
	o.Args = args
	cmd, err := sparkjob.Command(j.t.Context(), o, j.dir, j.ui)
	if err != nil {
		j.t.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(j.dir, "output.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		j.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		j.t.Fatal(err)
	}
	r := &run{Cmd: cmd, ended: make(chan struct{})}
	go func() {
		r.err = cmd.Wait()
		close(r.ended)
	}()
	j.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-r.ended
	})
	return r
}

// output is the end of what the job has said.
func (j *sparkJob) output() []byte {
	text, err := os.ReadFile(filepath.Join(j.dir, "output.log"))
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-8000):]
}

// drain has the job read all that the log holds.
func (j *sparkJob) drain(args ...string) {
	j.t.Helper()
	r := j.start(append(args, "--drain")...)
	select {
	case <-r.ended:
	case <-time.After(process.Patience):
		j.t.Fatalf("the job does not end:\n%s", j.output())
	}
	if r.err != nil {
		j.t.Fatalf("the job: %v\n%s", r.err, j.output())
	}
}

// batch is the number of the last batch that was written; -1 = none.
func (j *sparkJob) batch() int64 {
	j.t.Helper()
	if count(j.t, j.tables, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'spark' AND table_name = 'spark_batch'") == 0 {
		return -1
	}
	return count(j.t, j.tables, "SELECT batch FROM spark.spark_batch")
}

// pages looks for the streaming query in Spark's web interface.
func (j *sparkJob) pages() {
	j.t.Helper()
	req, err := http.NewRequestWithContext(j.t.Context(), http.MethodGet, "http://"+j.ui+"/StreamingQuery/", nil)
	if err != nil {
		j.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		j.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(page), "sales and sessions") {
		j.t.Errorf("the UI does not show the query: %s: %v", resp.Status, err)
	}
}

// forgetEnd takes Spark's note away that a batch has ended, as if it had been killed between
// the commit in PostgreSQL and that note.
func (j *sparkJob) forgetEnd(batch int64) {
	j.t.Helper()
	for _, name := range []string{strconv.FormatInt(batch, 10), "." + strconv.FormatInt(batch, 10) + ".crc"} {
		if err := os.Remove(filepath.Join(j.dir, "checkpoint", "commits", name)); err != nil {
			j.t.Fatal(err)
		}
	}
}
