// Package splunk sends messages to Splunk's HTTP Event Collector: each subject is an event, with the difference in the field names of the
// normalised view. What is larger than an event may be becomes several, with whole findings in each.
package splunk

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/postee/postee/pkg/jsonline"
	"github.com/postee/postee/pkg/sinks"
)

// Bounds of SizeLimit, in bytes. The least has room for the worst case of what stands in every event; Splunk recommends to keep what is
// sent below the most.
const (
	defaultSize = 10_000
	leastSize   = 4_000
	mostSize    = 1_000_000
)

// maxName bounds the names in the envelope, in bytes of JSON, so that they leave room for findings.
const maxName = 200

// concurrent is how many requests the collector gets at once.
const concurrent = 4

// collector is the path behind which the endpoints are, eventPath that of the one for events.
const (
	collector = "/services/collector"
	eventPath = "services/collector/event"
)

// headerChannel names the channel that a token with acknowledgement asks for.
const headerChannel = "X-Splunk-Request-Channel"

// Config is a Splunk target's part of the configuration.
type Config struct {
	sinks.HTTP `cfg:",inline"`
	// URL is the collector's address, with or without the path of the endpoint; it is a secret because a gateway's may hold a key.
	URL sinks.Secret `cfg:"url" doc:"The address of the HTTP Event Collector, with or without the path of the endpoint."`
	// Token is the collector's.
	Token sinks.Secret `cfg:"token" doc:"The collector's token."`
	// SizeLimit bounds one event, in bytes with its envelope; 0 is 10,000, which is where Splunk cuts a line.
	SizeLimit int `cfg:"SizeLimit" doc:"A bound for one event, in bytes: what is larger becomes several." default:"10000"`
	// Index, Host, Source and SourceType stand in the envelope. "" leaves Index and Host to the token's settings, Source is then postee, and
	// SourceType _json.
	Index      string `cfg:"index" doc:"The index of the events. Default: the token's."`
	Host       string `cfg:"host" doc:"The host of the events. Default: what Splunk takes for it."`
	Source     string `cfg:"source" doc:"The source of the events." default:"postee"`
	SourceType string `cfg:"sourcetype" doc:"The source type of the events." default:"_json"`
	// Channel is a GUID, which a token with indexer acknowledgement asks for.
	Channel string `cfg:"channel" doc:"A GUID, only for a token with indexer acknowledgement."`
	// Gzip compresses what is sent.
	Gzip bool `cfg:"gzip" doc:"true: compresses what is sent." default:"false"`
}

// guid is how a channel looks.
var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// Validate returns what is wrong with the address, the token, the size, the channel and the names.
func (c *Config) Validate() []sinks.Problem {
	var list []sinks.Problem
	add := func(key, text string) { list = append(list, sinks.Problem{Key: key, Text: text}) }
	if c.Token.Empty() {
		add("token", "missing: give the token of an HTTP Event Collector")
	}
	if u, err := sinks.ParseURL(c.base()); err == nil && strings.Contains(u.Path+"/", collector+"/") {
		add("url", "names another endpoint of the collector: leave out what begins with "+collector)
	}
	if n := c.size(); n < leastSize || n > mostSize {
		add("SizeLimit", "must be from "+strconv.Itoa(leastSize)+" to "+strconv.Itoa(mostSize)+" bytes")
	}
	if c.Channel != "" && !guid.MatchString(c.Channel) {
		add("channel", "must be a GUID, for example 0aeeac95-ac74-4aa9-b30d-6c4c0ac581ba")
	}
	for _, n := range []struct{ key, value string }{{"index", c.Index}, {"host", c.Host}, {"source", c.Source}, {"sourcetype", c.SourceType}} {
		if len(jsonline.AppendString(nil, n.value)) > maxName {
			add(n.key, "is too long")
		}
	}
	return slices.Concat(list, c.HTTP.Validate(c.endpoint()))
}

// size returns how many bytes an event may have.
func (c *Config) size() int {
	if c.SizeLimit == 0 {
		return defaultSize
	}
	return c.SizeLimit
}

// base returns the address without the path of the endpoint, which people copy along or leave out.
func (c *Config) base() sinks.Secret {
	u, err := sinks.ParseURL(c.URL)
	if err != nil {
		return c.URL
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/1.0"), "/event")
	path, found := strings.CutSuffix(path, collector)
	if !found {
		return c.URL
	}
	u.RawPath = path
	u.Path, _ = url.PathUnescape(path) // no error: it was parsed before
	return sinks.NewSecret(u.String())
}

// endpoint returns the collector with its token.
func (c *Config) endpoint() sinks.Endpoint {
	return sinks.Endpoint{
		URL: c.base(), Credentials: sinks.Credentials{Token: c.Token, Scheme: "Splunk"},
		Reserved: []string{"Content-Type", "Content-Encoding", headerChannel},
	}
}

// Needs asks for nothing but the difference.
func (c *Config) Needs() sinks.Needs { return sinks.Needs{Concurrent: concurrent} }

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	s, err := c.open(env)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (c *Config) open(env sinks.Env) (*sink, error) {
	if err := sinks.Invalid(c.Validate()); err != nil {
		return nil, err
	}
	client, err := c.Client(c.endpoint(), env)
	if err != nil {
		return nil, err
	}
	p := planner{size: c.size(), names: c.names(), aquaServer: env.AquaServer}
	return &sink{planner: p, client: client, channel: c.Channel, gzip: c.Gzip}, nil
}

// names returns the members of the envelope that the configuration decides, with a comma before each.
func (c *Config) names() string {
	source, sourceType := c.Source, c.SourceType
	if source == "" {
		source = "postee"
	}
	if sourceType == "" {
		sourceType = "_json"
	}
	var p []byte
	for _, n := range []struct{ key, value string }{{"host", c.Host}, {"source", source}, {"sourcetype", sourceType}, {"index", c.Index}} {
		if n.value != "" {
			p = jsonline.AppendString(append(p, `,"`+n.key+`":`...), n.value)
		}
	}
	return string(p)
}
