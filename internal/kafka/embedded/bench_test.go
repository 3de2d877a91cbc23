package embedded_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sys/unix"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
	"globalmart/internal/store"
)

// cpu is the processor time that this process has used: producer, broker and
// consumer together.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// message is what a feed sends.
type message struct {
	topic, key string
	value      []byte
}

// messages are the first n of the shop, its catalogue left out.
func messages(b *testing.B, n int) []message {
	b.Helper()
	cfg := shop.Default()
	cfg.Seed, cfg.Start, cfg.Rate, cfg.Convert = 1, event.TimeOf(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), shop.Load(500), rules.Default().Convert
	made, err := shop.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	var list []message
	for e := range made.Events() {
		if e.Event == nil {
			continue
		}
		list = append(list, message{e.Topic, e.Key, e.Event.AppendJSON(nil)})
		if len(list) == n {
			break
		}
	}
	return list
}

var topics = slices.Concat(store.Shopping.Topics(), store.Reference.Topics())

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(), "snappy": kgo.SnappyCompression(),
}

// BenchmarkThrough sends and reads the events of the shop through the broker, as
// fast as it goes.
func BenchmarkThrough(b *testing.B) {
	list := messages(b, 50_000)
	for _, codec := range []string{"none", "lz4", "zstd", "snappy"} {
		for _, linger := range []time.Duration{5 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond} {
			b.Run(fmt.Sprintf("%s/%s", codec, linger), func(b *testing.B) {
				dir := b.TempDir()
				broker := start(b, options(dir, "127.0.0.1:0"))
				cfg := configOf(broker.Addr())
				createTopics(b, cfg)
				p, err := kafka.NewProducer(cfg, kafka.Bulk, kgo.ProducerBatchCompression(codecs[codec]), kgo.ProducerLinger(linger))
				if err != nil {
					b.Fatal(err)
				}
				defer p.Close()
				b.ReportAllocs()
				before := cpu(b)
				for i := 0; b.Loop(); i++ {
					m := &list[i%len(list)]
					if err := p.Send(b.Context(), m.topic, m.key, m.value, event.Time(i)); err != nil {
						b.Fatal(err)
					}
				}
				flush(b, p)
				produced := cpu(b)
				begin := time.Now()
				n := 0
				ends, err := kafka.LogEnds(b.Context(), cfg, topics...)
				if err != nil {
					b.Fatal(err)
				}
				if err := kafka.Scan(b.Context(), cfg, nil, ends, func(*kgo.Record) error { n++; return nil }); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(size(b, dir)/float64(n), "disk-B/rec")
				b.ReportMetric(float64(produced-before)/float64(n), "produce-cpu-ns/rec")
				b.ReportMetric(float64(cpu(b)-produced)/float64(n), "consume-cpu-ns/rec")
				b.ReportMetric(float64(time.Since(begin))/float64(n), "consume-ns/rec")
			})
		}
	}
}

// size is that of all files below dir, in bytes.
func size(b *testing.B, dir string) float64 {
	b.Helper()
	var n int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return float64(n)
}

// BenchmarkLive sends 500 records a second over three topics and shows what that
// costs.
func BenchmarkLive(b *testing.B) {
	list := messages(b, 2000)
	for _, linger := range []time.Duration{0, 2 * time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
		b.Run(linger.String(), func(b *testing.B) {
			broker := start(b, options(b.TempDir(), "127.0.0.1:0"))
			cfg := configOf(broker.Addr())
			createTopics(b, cfg)
			p, err := kafka.NewProducer(cfg, kafka.Live, kgo.ProducerLinger(linger))
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			tick := time.NewTicker(2 * time.Millisecond)
			defer tick.Stop()
			before := cpu(b)
			begin := time.Now()
			for i := 0; b.Loop(); i++ {
				<-tick.C
				m := &list[i%len(list)]
				if err := p.Send(b.Context(), m.topic, m.key, m.value, event.Time(i)); err != nil {
					b.Fatal(err)
				}
			}
			flush(b, p)
			b.ReportMetric(100*float64(cpu(b)-before)/float64(time.Since(begin)), "%core")
		})
	}
}
