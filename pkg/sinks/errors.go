package sinks

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// HTTPError is an answer that is not a success.
type HTTPError struct {
	// Status is the HTTP status code.
	Status int
	// Body is the beginning of the answer's body: at most 512 bytes, printable, with secrets removed.
	Body string
	// Wait is what Retry-After asked for, 0 when it did not.
	Wait time.Duration
}

// Error returns status and body: "HTTP 404 Not Found: no_service".
func (e *HTTPError) Error() string {
	s := fmt.Sprintf("HTTP %d %s", e.Status, http.StatusText(e.Status))
	if e.Body != "" {
		s += ": " + e.Body
	}
	return s
}

// PermanentError wraps an error that no later attempt can mend: refused content, a message that cannot be planned.
type PermanentError struct{ Err error }

// Error is the wrapped error's.
func (e *PermanentError) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *PermanentError) Unwrap() error { return e.Err }

// Verdict is what to do after a failed attempt.
type Verdict uint8

// The verdicts.
const (
	// Retry: try again, in this run while there is time, otherwise in the next.
	Retry Verdict = iota
	// Hold: no more attempts in this run; a person can mend it (credentials, certificates), and then the next run delivers.
	Hold
	// Dead: no attempt will ever succeed.
	Dead
)

// Judge is the only place that decides what an error of Send means. The wait is the target's own Retry-After, 0 when it gave none.
// An error of unknown type came from the network below HTTP and is tried again.
func Judge(err error) (Verdict, time.Duration) {
	var permanent *PermanentError
	if errors.As(err, &permanent) {
		return Dead, 0
	}
	if certificate(err) {
		return Hold, 0
	}
	var answer *HTTPError
	if !errors.As(err, &answer) {
		return Retry, 0
	}
	switch {
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		return Hold, answer.Wait
	case answer.Status == http.StatusRequestTimeout, answer.Status == http.StatusTooEarly,
		answer.Status == http.StatusTooManyRequests, answer.Status >= 500:
		return Retry, answer.Wait
	}
	return Dead, 0
}

// certificate reports whether TLS verification failed, on either side.
func certificate(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &name) ||
		errors.As(err, &invalid) || refused(err)
}

// refused reports whether the server ended the handshake because of the client's certificate. Over TCP, crypto/tls gives the
// alert in a type of its own that only the text tells apart; tls.AlertError has the same text.
func refused(err error) bool {
	remote, ok := errors.AsType[*net.OpError](err)
	if !ok || remote.Op != "remote error" || remote.Err == nil {
		return false
	}
	// RFC 8446, 6.2: bad, unsupported, revoked, expired, unknown certificate; unknown authority; access denied; none given.
	for _, code := range []tls.AlertError{42, 43, 44, 45, 46, 48, 49, 116} {
		if remote.Err.Error() == code.Error() {
			return true
		}
	}
	return false
}
