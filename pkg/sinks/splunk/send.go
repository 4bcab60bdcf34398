package splunk

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/postee/postee/pkg/sinks"
)

// sink sends to one collector.
type sink struct {
	planner
	client  *sinks.Client
	channel string
	gzip    bool
}

// Send makes one request, with the events of one part. Each carries the entry's key, by which a search tells repeated events.
func (s *sink) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	begin := []byte("\n" + opening)
	body := bytes.ReplaceAll(append([]byte("\n"), d.Part.Body...), begin, append(begin, withKey(d.Key)...))[1:]
	_, err := s.post(ctx, d.Part.MediaType, body)
	return sinks.Receipt{}, err
}

// post makes one request, and returns what Splunk said.
func (s *sink) post(ctx context.Context, mediaType string, body []byte) (answer, error) {
	header := make(http.Header)
	if s.channel != "" {
		header.Set(headerChannel, s.channel)
	}
	if s.gzip && len(body) > 0 {
		header.Set("Content-Encoding", "gzip")
		body = sinks.Compress(body)
	}
	said, err := s.client.Do(ctx, sinks.Request{
		Method: http.MethodPost, Path: eventPath, Header: header, MediaType: mediaType, Body: body,
	})
	if refused, ok := errors.AsType[*sinks.HTTPError](err); ok {
		a := answerOf(refused.Answer())
		return a, s.refused(a, refused)
	}
	if err != nil {
		return answer{}, err
	}
	return s.accepted(said)
}

// Check sends no events at all: a collector that knows the token says that they are missing, and nothing was created.
func (s *sink) Check(ctx context.Context) ([]string, error) {
	said, err := s.post(ctx, mediaType, []byte{})
	if err != nil && !said.is(codeNoData) {
		return nil, err
	}
	return []string{"Splunk takes the token"}, nil
}
