package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// answering starts a target on loopback that takes everything at once, and returns its address. It ends with the workload.
func (e *environment) answering(ctx context.Context) (url string, err error) {
	return e.serve(ctx, nil)
}

// paced starts a target on loopback that answers so many times a second, whoever asks.
func (e *environment) paced(ctx context.Context, perSecond int) (url string, err error) {
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	e.ends = append(e.ends, ticker.Stop)
	return e.serve(ctx, ticker.C)
}

// serve starts a server that answers each request without a word, when turn has said something; at once when that is nil.
func (e *environment) serve(ctx context.Context, turn <-chan time.Time) (url string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if turn != nil {
			select {
			case <-turn:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})}
	go func() { _ = s.Serve(listener) }()
	e.ends = append(e.ends, func() { _ = s.Close() })
	return "http://" + listener.Addr().String() + "/", nil
}

// nobody returns an address on loopback at which nobody listens.
func nobody(ctx context.Context) (url string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return "http://" + listener.Addr().String() + "/", listener.Close()
}
