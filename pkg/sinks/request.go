package sinks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Discard as a Request's MaxAnswer is that the body of a success is of no use: it may have any length, and is not kept.
const Discard = -1

// Request is one exchange to make.
type Request struct {
	// Method is the HTTP method; "" is GET.
	Method string
	// Path is put behind the base URL's path, with one slash between them; "" asks for the base URL itself. A segment that is not
	// a constant must come from [url.PathEscape]; the segments "." and ".." are refused.
	Path string
	// Query is put behind the base URL's query, which stays as it is.
	Query url.Values
	// Header is sent besides the configured one, and wins over it.
	Header http.Header
	// MediaType becomes Content-Type when it is not "".
	MediaType string
	// Body is sent when it is not nil, with Members and the endpoint's BodySecrets in it.
	Body []byte
	// Members is a struct or map whose members are put into the body: what only an attempt knows (a thread, the entry's key). Nil
	// leaves the body as it is; otherwise both must be JSON objects.
	Members any
	// MaxAnswer is how many bytes the body of a success may have; 0 is 64 KiB. A longer one is an error, because half an answer
	// must not be taken for the whole: the request is then tried again, as it is for an answer that breaks off. [Discard] takes any.
	MaxAnswer int64
}

// Answer is what a server said.
type Answer struct {
	// Status is the HTTP status code: 200 to 299 from [Client.Do].
	Status int
	Header http.Header
	// Body is whole, or nil when it was discarded; of an [HTTPError] it is the first 64 KiB.
	Body []byte
	// now is when it came.
	now time.Time
}

// Wait returns how long the header of that name asks to wait: it holds seconds, or a time as HTTP, RFC 3339 or
// Unix writes it. 0 is that there is no such header, or that it cannot be read; more than a day is a day.
func (a *Answer) Wait(header string) time.Duration { return wait(a.Header, header, a.now) }

// JSON reads the body into a value. The error names whose answer was expected, and shows nothing of the body.
func (a *Answer) JSON(from string, into any) error {
	if err := json.Unmarshal(a.Body, into, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)); err != nil {
		return fmt.Errorf("HTTP %d, but the answer is not %s's: is a proxy between?", a.Status, from)
	}
	return nil
}

// exchange is what every request of a client has.
type exchange struct {
	base    *url.URL
	header  http.Header
	members map[string]string
}

// request builds what goes out. Without GetBody the transport cannot send a request a second time on its own account, which
// it otherwise would for one that carries an Idempotency-Key.
func (x *exchange) request(ctx context.Context, r Request, agent string) (*http.Request, error) {
	u, err := x.join(r.Path, r.Query)
	if err != nil {
		return nil, err
	}
	body, err := x.body(r)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), body)
	if err != nil {
		return nil, plain(err)
	}
	request.GetBody = nil
	request.Header.Set("User-Agent", agent)
	if r.MediaType != "" {
		request.Header.Set("Content-Type", r.MediaType)
	}
	for _, from := range []http.Header{x.header, r.Header} {
		for name, values := range from {
			request.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	return request, nil
}

// body returns a reader of the body with the members in it that are not planned, nil when there is none.
func (x *exchange) body(r Request) (io.Reader, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := r.Body, error(nil)
	if r.Members != nil {
		body, err = addMembers(body, r.Members)
	}
	if len(x.members) > 0 && err == nil {
		body, err = addMembers(body, x.members)
	}
	return bytes.NewReader(body), err
}

// addMembers puts members, a struct or map that is written as a JSON object, in front of those of object.
func addMembers(object []byte, members any) ([]byte, error) {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(object), []byte("{"))
	if !ok {
		return nil, errors.New("the body is no JSON object")
	}
	out, err := json.Marshal(members, jsontext.AllowInvalidUTF8(true), json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("members of the body cannot be written as JSON: %w", err)
	}
	if len(out) < len("{}") || out[0] != '{' {
		return nil, errors.New("the members are no JSON object")
	}
	if out = out[:len(out)-1]; len(out) > 1 && !bytes.HasPrefix(bytes.TrimSpace(rest), []byte("}")) {
		out = append(out, ',')
	}
	return append(out, rest...), nil
}

// errPath is a mistake of the program: text that is no constant was not escaped.
var errPath = errors.New("the path of the request is not escaped: please report it")

// join returns the base URL with a path and a query behind its own.
func (x *exchange) join(path string, query url.Values) (*url.URL, error) {
	u := *x.base
	if path != "" {
		for segment := range strings.SplitSeq(path, "/") {
			if s, err := url.PathUnescape(segment); err != nil || s == "." || s == ".." {
				return nil, errPath
			}
		}
		u.RawPath = strings.TrimSuffix(u.EscapedPath(), "/") + "/" + strings.TrimPrefix(path, "/")
		u.Path, _ = url.PathUnescape(u.RawPath) // no error: all segments were looked at
		if u.EscapedPath() != u.RawPath {
			return nil, errPath
		}
	}
	if len(query) > 0 {
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+query.Encode(), "&")
	}
	return &u, nil
}
