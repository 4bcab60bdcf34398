package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// nowhere is an endpoint for what does no I/O.
const nowhere = "http://127.0.0.1:9"

// configuration checks what a configuration says of itself, whole, empty, and with bad URLs.
func (target Target) configuration(t *testing.T) {
	config := target.Config(endpoint(nowhere), time.Minute)
	if problems := config.Validate(); len(problems) > 0 {
		t.Errorf("problems in a configuration without any: %v", problems)
	}
	if n := config.Needs(); n.Every < 0 || n.Concurrent < 0 {
		t.Errorf("it needs %+v", n)
	}
	target.search(t, "the configuration", config)
	target.search(t, "the sink", target.open(t, nowhere, time.Minute))
	empty, ok := reflect.New(reflect.TypeOf(config).Elem()).Interface().(sinks.Config)
	if !ok {
		t.Fatalf("%T is no pointer to a struct", config)
	}
	target.refused(t, "empty", empty)
	for _, bad := range []string{"://" + pathSecret, "ftp://host/" + pathSecret, "http://[::1/" + pathSecret, "http://h:port/" + pathSecret,
		"http:///" + pathSecret, "http://host/%zz" + pathSecret, "http://host/\x7f" + pathSecret, pathSecret} {
		target.refused(t, "a bad URL", target.Config(sinks.NewSecret(bad), -1))
	}
}

// refused checks the problems of a configuration: each has a key that there is, none shows a secret, and Open refuses what Validate
// finds fault with.
func (target Target) refused(t *testing.T, what string, config sinks.Config) {
	t.Helper()
	problems := config.Validate()
	for _, p := range problems {
		if !hasKey(reflect.TypeOf(config).Elem(), p.Key) || p.Text == "" {
			t.Errorf("%s: the problem %+v is about no key of %T, or about nothing", what, p, config)
		}
		target.search(t, what, p)
	}
	_, err := config.Open(target.env())
	if (err != nil) != (len(problems) > 0) {
		t.Errorf("%s: opened with %v, the problems are %v", what, err, problems)
	}
	target.search(t, what+", opened", err)
}

// hasKey reports whether a struct of the configuration has a key, whose parts have dots between them. What stands in a map is the
// user's own.
func hasKey(in reflect.Type, key string) bool {
	outer, inner, nested := strings.Cut(key, ".")
	for f := range in.Fields() {
		name, option, _ := strings.Cut(f.Tag.Get("cfg"), ",")
		switch {
		case option == "inline":
			if hasKey(f.Type, key) {
				return true
			}
		case name != outer || name == "":
		case !nested || f.Type.Kind() == reflect.Map:
			return true
		default:
			return f.Type.Kind() == reflect.Struct && hasKey(f.Type, inner)
		}
	}
	return false
}

// plans compares with the golden plans.
func (target Target) plans(t *testing.T) {
	sink := target.open(t, nowhere, time.Minute)
	for i, n := range Messages() {
		t.Run(n.Name, func(t *testing.T) {
			parts := target.plan(t, sink, n.Message, Messages()[i].Message)
			target.golden(t, n.Name, parts)
			again, err := sink.Plan(stored(t, n.Message))
			if err != nil || !reflect.DeepEqual(parts, again) {
				t.Errorf("what was stored is planned differently: %v", err)
			}
		})
	}
}

// shown is how many bytes of a part are in the golden file of templates.
const shown = 4000

// customs plans what templates wrote, and compares with one golden file for all. Each target takes some of the languages: the others it
// sends as text, or refuses.
func (target Target) customs(t *testing.T) {
	sink := target.open(t, nowhere, time.Minute)
	var got bytes.Buffer
	again := Customs()
	for i, n := range Customs() {
		parts := target.plan(t, sink, n.Message, again[i].Message)
		fmt.Fprintf(&got, "== %s ==\n", n.Name)
		if _, err := sink.Plan(n.Message); err != nil {
			fmt.Fprintf(&got, "refused: %v\n", err)
		}
		printParts(&got, parts, shown)
	}
	target.compare(t, "custom", got.Bytes())
}

// stored returns a message as it comes back from the state: a run delivers its own from memory, the next one what was stored.
func stored(t *testing.T, m *message.Message) *message.Message {
	t.Helper()
	p, _ := message.Encode(m)
	back, err := message.Decode(p)
	if err != nil {
		t.Fatal(err)
	}
	for i := range back.Sections {
		back.Sections[i].Document = m.Sections[i].Document
	}
	return back
}

// hostile plans what is empty, broken and means something to somebody. Such a message may be refused, in the same way each time.
func (target Target) hostile(t *testing.T) {
	sink := target.open(t, nowhere, time.Minute)
	again := hostileMessages()
	for i, n := range hostileMessages() {
		t.Run(n.Name, func(t *testing.T) { target.plan(t, sink, n.Message, again[i].Message) })
	}
}

// plan plans a message twice: the parts are the same, their names tell them apart, they have no secret in them, and the message is
// what it was, which same is.
func (target Target) plan(t *testing.T, sink sinks.Sink, m, same *message.Message) []sinks.Part {
	t.Helper()
	parts, err := sink.Plan(m)
	again, failed := sink.Plan(m)
	if !reflect.DeepEqual(parts, again) || (err == nil) != (failed == nil) || err != nil && err.Error() != failed.Error() {
		t.Errorf("planned differently the second time (%v, %v)", err, failed)
	}
	if !reflect.DeepEqual(m, same) {
		t.Errorf("planning changed the message (-want +got):\n%s", cmp.Diff(same, m))
	}
	if err == nil && len(parts) == 0 {
		t.Error("no part, and no error")
	}
	target.search(t, "the error", err)
	names := make(map[string]bool)
	for _, p := range parts {
		if p.Name == "" || names[p.Name] {
			t.Errorf("the name %q of a part is empty or there twice", p.Name)
		}
		names[p.Name] = true
		for _, secret := range target.allSecrets() {
			if strings.Contains(p.Name+p.MediaType, secret) || bytes.Contains(p.Body, []byte(secret)) {
				t.Errorf("the secret %q is in part %s, which people see", secret, p.Name)
			}
		}
	}
	return parts
}

// cancelled checks that nothing is sent, checked or claimed when the time is over before it begins.
func (target Target) cancelled(t *testing.T) {
	server := serve(t, target.answer())
	sink := target.open(t, server.URL, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	receipt, err := send(ctx, t, sink)
	if !errors.Is(err, context.Canceled) || !reflect.DeepEqual(receipt, sinks.Receipt{}) {
		t.Errorf("sent with receipt %+v, error %v, want one that is context.Canceled", receipt, err)
	}
	if checker, ok := sink.(sinks.Checker); ok {
		if _, err := checker.Check(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, sinks.ErrUnchecked) {
			t.Errorf("checked with error %v, want one that is context.Canceled", err)
		}
	}
	if n := server.hits(); n != 0 {
		t.Errorf("%d requests came all the same", n)
	}
}

// receipts delivers every message, each part with the receipt before it, as read from the disk; then with receipts that nobody
// gave, which may be refused.
func (target Target) receipts(t *testing.T) {
	sink := target.open(t, serve(t, target.answer()).URL, time.Minute)
	var last sinks.Receipt
	for _, n := range Messages() {
		for _, d := range deliveries(t, sink, n.Message) {
			d.Last = last
			receipt, err := sink.Send(t.Context(), d)
			if err != nil {
				t.Errorf("%s, part %s: %v", n.Name, d.Part.Name, err)
			}
			target.search(t, "the receipt", receipt)
			receipt.Notes = nil // they are not stored
			stored, err := json.Marshal(receipt)
			if err != nil {
				t.Fatal(err)
			}
			last = sinks.Receipt{}
			if err := json.Unmarshal(stored, &last); err != nil || !reflect.DeepEqual(receipt, last) {
				t.Errorf("the receipt %+v is read from the disk as %+v (%v)", receipt, last, err)
			}
		}
	}
	for _, text := range hostileTexts() {
		d := deliveries(t, sink, Messages()[0].Message)[0]
		d.Last = sinks.Receipt{Ref: text, Keep: map[string]string{"": text, text: ""}}
		for key := range last.Keep {
			d.Last.Keep[key] = text
		}
		_, err := sink.Send(t.Context(), d)
		target.search(t, "with a receipt that nobody gave", err)
	}
}
