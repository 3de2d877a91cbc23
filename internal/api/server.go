package api

import (
	"net/http"
	"time"
)

// NewServer returns a server for h that a slow or greedy client cannot occupy
// for long. It does not listen yet: a port in use is the caller's error. The
// write limit bounds whole answers; a stream lifts it for itself through
// http.ResponseController. The streams of an [API] end when the server is shut down.
func NewServer(addr string, h http.Handler) *http.Server {
	s := &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	if a, ok := h.(*API); ok {
		s.RegisterOnShutdown(a.live.close)
	}
	return s
}
