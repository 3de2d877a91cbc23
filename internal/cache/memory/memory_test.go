package memory_test

import (
	"fmt"
	"testing"
	"time"

	"globalmart/internal/cache"
	"globalmart/internal/cache/cachetest"
	"globalmart/internal/cache/memory"
)

func open(t *testing.T, bytes int64) cache.Cache {
	t.Helper()
	c, err := memory.New(bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCache(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Cache { return open(t, 64<<20) })
}

func TestTheSizeIsBounded(t *testing.T) {
	const size, value = 1 << 20, 1000
	c := open(t, size)
	defer c.Close()
	const n = 5 * size / value
	for i := range n {
		c.Set(t.Context(), fmt.Sprint(i), make([]byte, value), time.Hour)
	}
	kept := func() (kept int) {
		for i := range n {
			if _, found := c.Get(t.Context(), fmt.Sprint(i)); found {
				kept++
			}
		}
		return kept
	}
	// What is too much is dropped a moment later.
	for end := time.Now().Add(time.Minute); kept() > size/value; {
		if time.Now().After(end) {
			t.Fatalf("%d values of %d bytes are kept in %d bytes", kept(), value, size)
		}
	}
	if kept() == 0 {
		t.Error("nothing is kept")
	}
}

func TestASizeIsNeeded(t *testing.T) {
	if _, err := memory.New(0); err == nil {
		t.Error("a cache of 0 bytes was made")
	}
}
