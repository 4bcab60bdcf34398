package splunk

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// token is what the collector of the tests knows.
const token = "0123abcd-token-secret-4f21"

// envelope is an event as the collector reads it. Keys: Splunk, "Format events for HTTP Event Collector", Event metadata.
type envelope struct {
	Time       *json.Number   `json:"time"`
	Host       *string        `json:"host"`
	Source     *string        `json:"source"`
	SourceType *string        `json:"sourcetype"`
	Index      *string        `json:"index"`
	Fields     map[string]any `json:"fields"`
	Event      any            `json:"event"`
	// size is its length in bytes.
	size int
}

// hec is a collector that refuses what Splunk refuses.
type hec struct {
	*httptest.Server
	// size bounds an event: props.conf.spec, TRUNCATE, is 10,000 bytes unless it is set.
	size int
	// acknowledges is that the token asks for a channel. indexes are those that the token may write to, the first unasked.
	acknowledges bool
	indexes      []string
	// fail, when it is set, answers a request before it is looked at; it says whether it did.
	fail func(w http.ResponseWriter) bool

	lock     sync.Mutex
	requests int
	events   []envelope
	// largest is how many bytes the largest request with several events had. compressed counts requests in gzip.
	largest, compressed int
}

// serve starts a collector, which ends with the test.
func serve(t *testing.T) *hec {
	h := &hec{size: defaultSize, indexes: []string{"main", "security"}}
	h.Server = httptest.NewServer(http.HandlerFunc(h.answer))
	t.Cleanup(h.Close)
	return h
}

// refusal is one of the codes of "Troubleshoot HTTP Event Collector", Possible error codes. at is the event's place, -1 for none.
type refusal struct {
	status, code int
	text         string
	at           int
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.code, r.text) }

// answer looks at a request, takes its events, and says so.
func (h *hec) answer(w http.ResponseWriter, r *http.Request) {
	h.lock.Lock()
	defer h.lock.Unlock()
	h.requests++
	if h.fail != nil && h.fail(w) {
		return
	}
	events, err := h.take(r)
	if no, ok := errors.AsType[*refusal](err); ok {
		w.WriteHeader(no.status)
		if no.at >= 0 {
			fmt.Fprintf(w, `{"text":%q,"code":%d,"invalid-event-number":%d}`, no.text, no.code, no.at)
		} else {
			fmt.Fprintf(w, `{"text":%q,"code":%d}`, no.text, no.code)
		}
		return
	}
	h.events = append(h.events, events...)
	fmt.Fprint(w, `{"text":"Success","code":0}`)
}

// channelID is what a channel looks like: "About HTTP Event Collector Indexer Acknowledgment", About channels and sending data.
var channelID = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)

// take returns the events of a request, or the first thing that is wrong with it.
func (h *hec) take(r *http.Request) ([]envelope, error) {
	// "HTTP Event Collector REST API endpoints", services/collector/event: POST.
	if r.URL.Path != "/services/collector/event" || r.Method != http.MethodPost {
		return nil, &refusal{404, -1, "The requested URL was not found on this server.", -1}
	}
	// "Set up and use HTTP Event Collector in Splunk Web", How HTTP Event Collector uses tokens: Authorization: Splunk and the token.
	switch scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " "); {
	case scheme == "":
		return nil, &refusal{401, 2, "Token is required", -1}
	case scheme != "Splunk" || given == "":
		return nil, &refusal{401, 3, "Invalid authorization", -1}
	case given != token:
		return nil, &refusal{403, 4, "Invalid token", -1}
	}
	// "About HTTP Event Collector Indexer Acknowledgment": such a token is not used without a channel.
	if channel := r.Header.Get("X-Splunk-Request-Channel"); h.acknowledges && channel == "" {
		return nil, &refusal{400, 10, "Data channel is missing", -1}
	} else if channel != "" && !channelID.MatchString(channel) {
		return nil, &refusal{400, 11, "Invalid data channel", -1}
	}
	var body io.Reader = r.Body
	switch r.Header.Get("Content-Encoding") {
	case "":
	case "gzip": // "HTTP Event Collector examples": gzip is the only encoding
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, &refusal{400, 6, "Invalid data format", -1}
		}
		body = unzipped
		h.compressed++
	default:
		return nil, &refusal{415, 6, "Invalid data format", -1}
	}
	p, err := io.ReadAll(body)
	if err != nil {
		return nil, &refusal{400, 6, "Invalid data format", -1}
	}
	events, err := h.read(p)
	if len(events) > 1 {
		h.largest = max(h.largest, len(p))
	}
	return events, err
}

// read reads objects that stand one after the other: "Format events for HTTP Event Collector", Event data, batches.
func (h *hec) read(p []byte) ([]envelope, error) {
	var events []envelope
	for d := json.NewDecoder(bytes.NewReader(p)); ; {
		d.DisallowUnknownFields()
		d.UseNumber()
		begin := d.InputOffset()
		var e envelope
		err := d.Decode(&e)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, &refusal{400, 6, "Invalid data format", len(events)}
		}
		e.size = len(bytes.TrimSpace(p[begin:d.InputOffset()]))
		if err := h.look(&e, len(events)); err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil, &refusal{400, 5, "No data", -1}
	}
	return events, nil
}

// epoch is a time with milliseconds: "Format events for HTTP Event Collector", Event metadata, time: <sec>.<ms>.
var epoch = regexp.MustCompile(`^[0-9]{1,11}(\.[0-9]{3})?$`)

// look returns what is wrong with an event.
func (h *hec) look(e *envelope, at int) error {
	switch {
	case e.Event == nil:
		return &refusal{400, 12, "Event field is required", at}
	case e.Event == "":
		return &refusal{400, 13, "Event field cannot be blank", at}
	case e.Time != nil && !epoch.MatchString(e.Time.String()):
		return &refusal{400, 6, "Invalid data format", at}
	case e.Index != nil && !strings.Contains(" "+strings.Join(h.indexes, " ")+" ", " "+*e.Index+" "):
		return &refusal{400, 7, "Incorrect index", at}
	case e.size > h.size:
		return &refusal{413, -1, fmt.Sprintf("an event of %d bytes would be cut", e.size), at}
	}
	for _, v := range e.Fields { // "Automate indexed field extractions with HTTP Event Collector": the fields are flat
		switch v.(type) {
		case map[string]any, []any, nil:
			return &refusal{400, 15, "Error in handling indexed fields", at}
		}
	}
	return nil
}

// TestTheCollectorIsStrict: each rule refuses what breaks it.
func TestTheCollectorIsStrict(t *testing.T) {
	h := serve(t)
	h.acknowledges, h.size = true, 100
	const channel = "0aeeac95-ac74-4aa9-b30d-6c4c0ac581ba"
	for _, c := range []struct {
		code                 int
		authorization, using string
		body                 string
	}{
		{0, "Splunk " + token, channel, `{"event":"a","time":1.250,"index":"security"} {"event":{"a":1},"fields":{"b":"c"}}`},
		{2, "", channel, `{"event":"a"}`},
		{3, "Bearer " + token, channel, `{"event":"a"}`},
		{4, "Splunk x", channel, `{"event":"a"}`},
		{5, "Splunk " + token, channel, ` `},
		{6, "Splunk " + token, channel, `{"event":"a"}]`},
		{6, "Splunk " + token, channel, `{"event":"a","level":1}`},
		{6, "Splunk " + token, channel, `{"event":"a","source":1}`},
		{6, "Splunk " + token, channel, `{"event":"a","time":1795341480000}`},
		{7, "Splunk " + token, channel, `{"event":"a","index":"other"}`},
		{10, "Splunk " + token, "", `{"event":"a"}`},
		{11, "Splunk " + token, "1", `{"event":"a"}`},
		{12, "Splunk " + token, channel, `{"fields":{}}`},
		{13, "Splunk " + token, channel, `{"event":""}`},
		{15, "Splunk " + token, channel, `{"event":"a","fields":{"b":{}}}`},
		{-1, "Splunk " + token, channel, `{"event":"` + strings.Repeat("a", 100) + `"}`},
	} {
		r := httptest.NewRequest(http.MethodPost, "/services/collector/event", strings.NewReader(c.body))
		r.Header.Set("Authorization", c.authorization)
		r.Header.Set("X-Splunk-Request-Channel", c.using)
		_, err := h.take(r)
		no, refused := errors.AsType[*refusal](err)
		if refused != (c.code != 0) || refused && no.code != c.code {
			t.Errorf("%s: %v, want %d", c.body, err, c.code)
		}
	}
}
