package api

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// coding is a content coding (RFC 9110, 8.4.1).
type coding int

// The codings, by falling preference where the client has none: answers live for a
// second, so what packs quickly comes first.
const (
	codingZstd coding = iota
	codingBrotli
	codingGzip
	codingPlain
)

// codings are their names.
var codings = [...]string{codingZstd: "zstd", codingBrotli: "br", codingGzip: "gzip", codingPlain: ""}

// minPacked is the size from which packing is worth it, bytes.
const minPacked = 1024

// negotiate returns the coding that a client that says accept is sent.
func negotiate(accept []string) coding {
	best, bestQ := codingPlain, 0.0
	for _, list := range accept {
		for item := range strings.SplitSeq(list, ",") {
			name, params, _ := strings.Cut(item, ";")
			q := 1.0
			if value, given := strings.CutPrefix(strings.TrimSpace(params), "q="); given {
				q, _ = strconv.ParseFloat(value, 64) // 0 if it is no number
			}
			for c := range codingPlain {
				if strings.EqualFold(strings.TrimSpace(name), codings[c]) && (q > bestQ || q == bestQ && q > 0 && c < best) {
					best, bestQ = c, q
				}
			}
		}
	}
	return best
}

// packable reports whether bytes of a type get smaller.
func packable(contentType string) bool {
	if strings.HasPrefix(contentType, "text/") {
		return true
	}
	for _, part := range []string{"json", "yaml", "javascript", "xml"} {
		if strings.Contains(contentType, part) {
			return true
		}
	}
	return false
}

// The packers are kept: each costs up to some hundred kilobytes.
var (
	gzipPool   = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}
	brotliPool = sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, 4) }}
	zstdPacker = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
		if err != nil {
			panic(fmt.Sprintf("api: BUG: zstd: %v", err)) // the options are constants
		}
		return e
	})
)

// pack returns body in a coding.
func pack(c coding, body []byte) []byte {
	var out bytes.Buffer
	var err error
	switch c {
	case codingZstd:
		return zstdPacker().EncodeAll(body, nil)
	case codingBrotli:
		w := brotliPool.Get().(*brotli.Writer)
		defer brotliPool.Put(w)
		w.Reset(&out)
		if _, err = w.Write(body); err == nil {
			err = w.Close()
		}
	case codingGzip:
		w := gzipPool.Get().(*gzip.Writer)
		defer gzipPool.Put(w)
		w.Reset(&out)
		if _, err = w.Write(body); err == nil {
			err = w.Close()
		}
	case codingPlain:
		return body
	}
	if err != nil {
		panic(fmt.Sprintf("api: BUG: pack: %v", err)) // a buffer takes everything
	}
	return out.Bytes()
}

// tagOf is the strong tag of the bytes that etag names, in a coding.
func tagOf(etag string, c coding) string {
	if c == codingPlain {
		return etag
	}
	return strings.TrimSuffix(etag, `"`) + "-" + codings[c] + `"`
}

// plainTag is the tag of the bytes before they were packed: whoever has them in one
// coding has them.
func plainTag(etag string) string {
	for c := range codingPlain {
		if name, packed := strings.CutSuffix(etag, "-"+codings[c]+`"`); packed {
			return name + `"`
		}
	}
	return etag
}

// tagged returns the tag of If-None-Match that names the bytes of etag, or "".
func tagged(list []string, etag string) string {
	have := plainTag(etag)
	for _, line := range list {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == "*" {
				return etag
			}
			if plainTag(candidate) == have {
				return candidate
			}
		}
	}
	return ""
}
