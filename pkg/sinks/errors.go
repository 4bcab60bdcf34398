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
	// answer returns the whole answer: a function, because package fmt does not print what a function captures.
	answer func() *Answer
}

// Answer returns all that the server said, for a sink that judges by headers or by a code in the body. Secrets are still in it: it
// must not be shown; what is shown comes from [Client.Redactor], or is Body.
func (e *HTTPError) Answer() *Answer {
	if e.answer == nil {
		return &Answer{Status: e.Status}
	}
	return e.answer()
}

// Error returns status and body: "HTTP 404 Not Found: no_service".
func (e *HTTPError) Error() string {
	s := fmt.Sprintf("HTTP %d %s", e.Status, http.StatusText(e.Status))
	if e.Body != "" {
		s += ": " + e.Body
	}
	return s
}

// Failure is a failed attempt that a sink judges by its own protocol: an SMTP reply, a code in the body of an HTTP answer. It is
// also how the program refuses what no attempt can mend, with the verdict [Dead].
type Failure struct { //nolint:errname // It is named for what it describes; Err is the error.
	// Verdict is what to do.
	Verdict Verdict
	// Wait is how long the target asked to be left alone, 0 when it did not.
	Wait time.Duration
	// Err says what went wrong and what to do about it. People see it: it shows no secret.
	Err error
	// Alone says that it is about this part only, one recipient of several: the parts after it are attempted all the same.
	Alone bool
}

// Error returns Err's text.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

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
	// Await: nothing failed, the target is still at it; the part is asked about again after the wait. While there is time it is, and
	// otherwise in the next run.
	Await
)

// Judge is the only place that decides what an error of Send means. A [Failure] is what the sink says it is, an [HTTPError] is
// judged by its status; an error of unknown type came from the network below and is tried again. The wait is what the target asked
// for, 0 when it asked for none.
func Judge(err error) (Verdict, time.Duration) {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Verdict, f.Wait
	}
	if certificate(err) {
		return Hold, 0
	}
	answer, ok := errors.AsType[*HTTPError](err)
	if !ok {
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
