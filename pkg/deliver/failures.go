package deliver

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// failures are what went wrong with the parts of one message in one attempt.
type failures []error

// Error returns all of them, in the order of the parts.
func (f failures) Error() string {
	texts := make([]string, len(f))
	for i, err := range f {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns all of them.
func (f failures) Unwrap() []error { return f }

// join returns what they mean together, nil when there are none: as long as one part can still be delivered the message waits for it.
func (f failures) join() error {
	var list failures
	for _, err := range f {
		if err != nil {
			list = append(list, err)
		}
	}
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	verdict, longest := sinks.Dead, time.Duration(0)
	for _, err := range list {
		one, wait := sinks.Judge(err)
		if one == sinks.Hold || verdict == sinks.Dead {
			verdict = one
		}
		longest = max(longest, wait)
	}
	return &sinks.Failure{Verdict: verdict, Wait: longest, Err: list}
}

// unknown reports whether an attempt that failed may have reached the target all the same: no answer came, or one that something in
// between may have given.
func unknown(err error) bool {
	if answer, ok := errors.AsType[*sinks.HTTPError](err); ok {
		return answer.Status >= http.StatusInternalServerError
	}
	if _, judged := errors.AsType[*sinks.Failure](err); judged {
		return false
	}
	op, ok := errors.AsType[*net.OpError](err)
	return !ok || op.Op != "dial"
}

// alone reports whether a failure is about its part only.
func alone(err error) bool {
	f, ok := errors.AsType[*sinks.Failure](err)
	return ok && f.Alone
}
