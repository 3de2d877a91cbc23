package kafka

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/telemetry"
)

// quiet is how long a message of a client is not repeated: one that cannot reach
// its broker says so several times a second.
const quiet = 30 * time.Second

// clientLog passes a client's warnings on, each kind once in a while. Its errors
// are warnings too: what it cannot mend by itself reaches the caller as an error.
type clientLog struct {
	log   *slog.Logger
	often *telemetry.Limiter
}

// withLog is the option that makes a client log to log; nil: it logs nothing.
func withLog(log *slog.Logger) kgo.Opt {
	if log == nil {
		return kgo.WithLogger(nil)
	}
	return kgo.WithLogger(&clientLog{log, telemetry.NewLimiter(quiet)})
}

// Level implements [kgo.Logger].
func (l *clientLog) Level() kgo.LogLevel { return kgo.LogLevelWarn }

// mirrored begins what a client says when its group changes while offsets are on
// their way to it. That is normal, and nothing reads those offsets back.
const mirrored = "received an OffsetCommitResponse after our group session has ended"

// Log implements [kgo.Logger].
func (l *clientLog) Log(_ kgo.LogLevel, text string, pairs ...any) {
	if strings.HasPrefix(text, mirrored) {
		return
	}
	omitted, ok := l.often.Due(text, time.Now())
	if !ok {
		return
	}
	if omitted > 0 {
		pairs = append(pairs, "omitted", omitted)
	}
	l.log.Log(context.Background(), slog.LevelWarn, "kafka client: "+text, pairs...)
}
