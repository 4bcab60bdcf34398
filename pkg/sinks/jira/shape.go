package jira

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// raw is a value as Jira takes it.
type raw = jsontext.Value

// suffix is the end of a field's name by which older configurations tell its type.
type suffix struct {
	text string
	// shape is the schema that it stands for where Jira says none.
	shape schema
}

// suffixes returns those of the older product, in the order in which they are tried: the shorter of two with the same end first.
func suffixes() []suffix {
	return []suffix{
		{"-numeric-field", schema{Type: "number"}},
		{"-multiple-value", schema{Type: "array", Items: "option"}},
		{"-multiple-line-text-field", schema{Type: "string", Custom: textArea}},
		{"-date-time-picker", schema{Type: "datetime"}},
		{"-url", schema{Type: "string"}},
		{"-field-url", schema{Type: "string"}},
	}
}

// textArea ends the kind of a custom field whose text has several lines, and sprintKind that of the sprint.
const (
	textArea   = ":textarea"
	sprintKind = ":gh-sprint"
)

// unknown returns the field that a key of unknowns names, with the schema by which its value is written; nil when the screen has none.
func (s *screen) unknown(key string) (*field, schema) {
	if f := s.named(key); f != nil {
		return f, f.Schema
	}
	for _, end := range suffixes() {
		if n := len(key) - len(end.text); n > 0 && strings.EqualFold(key[n:], end.text) {
			if f := s.named(strings.TrimSpace(key[:n])); f != nil {
				if f.Schema.Type == "" || f.Schema.Type == "any" {
					return f, end.shape
				}
				return f, f.Schema
			}
		}
	}
	return nil, schema{}
}

// value writes a configured text as a field of that schema takes it. key is the configuration's, for errors.
func (j *site) value(ctx context.Context, key string, f *field, of schema, text string) (raw, error) {
	if of.Type != "array" {
		return j.single(ctx, key, f, of, of.Type, text)
	}
	if strings.HasSuffix(of.Custom, sprintKind) {
		return j.single(ctx, key, f, of, "number", text)
	}
	var list []raw
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		one, err := j.single(ctx, key, f, of, of.Items, part)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return jsonOf(list)
}

// single writes one value of a type.
func (j *site) single(ctx context.Context, key string, f *field, of schema, kind, text string) (raw, error) {
	switch kind {
	case "number":
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return nil, hold("%s: %s takes a number, not %q", key, f.Name, text)
		}
		return jsonOf(n)
	case "date":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, hold("%s: %s takes a date such as 2026-11-22, not %q", key, f.Name, text)
		}
		return jsonOf(text)
	case "datetime":
		return dateTime(key, f, text)
	case "user":
		id, err := j.user(ctx, text)
		if err == nil && id == "" {
			err = hold("%s: nobody who can be assigned in %s is known as %q", key, j.config.project(), text)
		}
		if err != nil {
			return nil, err
		}
		return jsonOf(j.person(id))
	case "option-with-child":
		return cascading(key, f, text)
	case "option":
		return chosen(key, f, text, valued{text})
	case "version", "component", "priority", "resolution", "issuetype", "securitylevel", "group":
		return chosen(key, f, text, named{text})
	case "project", "issuelink", "parent":
		return jsonOf(keyed{text})
	case "string":
		if j.dialect == cloud && (strings.HasSuffix(of.Custom, textArea) || of.System == "environment") {
			return j.printer.plainText(j.dialect, text), nil
		}
		if (f.ID == "labels" || strings.HasSuffix(of.Custom, ":labels")) && strings.ContainsAny(text, " \t") {
			return nil, hold("%s: a label has no spaces: %q", key, text)
		}
	}
	if len(f.Allowed) > 0 {
		return chosen(key, f, text, valued{text})
	}
	return jsonOf(text)
}

// chosen writes a value that the field has in a list; where it has no list, as otherwise says.
func chosen(key string, f *field, text string, otherwise any) (raw, error) {
	if len(f.Allowed) == 0 {
		return jsonOf(otherwise)
	}
	c := pick(f.Allowed, text)
	if c == nil {
		return nil, hold("%s: %s does not take %q: it takes %s", key, f.Name, text, near(text, namesOf(f.Allowed)))
	}
	if c.ID == "" {
		return jsonOf(otherwise)
	}
	return jsonOf(identified{c.ID})
}

// cascading writes a value and one below it: "Parent / Child", or the parent alone. A value may have a slash in it.
func cascading(key string, f *field, text string) (raw, error) {
	type pair struct {
		ID    string      `json:"id,omitzero"`
		Value string      `json:"value,omitzero"`
		Child *identified `json:"child,omitzero"`
	}
	if c := pick(f.Allowed, text); c != nil {
		return jsonOf(pair{ID: c.ID})
	}
	for i := range text {
		if text[i] != '/' {
			continue
		}
		above := pick(f.Allowed, strings.TrimSpace(text[:i]))
		if above == nil {
			continue
		}
		below := strings.TrimSpace(text[i+1:])
		if c := pick(above.Children, below); c != nil {
			return jsonOf(pair{ID: above.ID, Child: &identified{c.ID}})
		}
		return nil, hold("%s: %s does not take %q below %s: it takes %s", key, f.Name, below, above.label(), near(below, namesOf(above.Children)))
	}
	return nil, hold("%s: %s does not take %q: it takes %s", key, f.Name, text, near(text, namesOf(f.Allowed)))
}

// dateTime writes a time as Jira does.
func dateTime(key string, f *field, text string) (raw, error) {
	for _, layout := range []string{dateLayout, time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02T15:04-0700"} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return jsonOf(at.Format(dateLayout))
		}
	}
	return nil, hold("%s: %s takes a time such as 2026-11-22T09:58:00.000+0000, not %q", key, f.Name, text)
}

// jsonOf returns a value as JSON. Texts of a configuration that are not UTF-8 are written with "�".
func jsonOf(v any) (raw, error) {
	p, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true), json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("cannot be written as JSON: %w", err)
	}
	return p, nil
}

// person returns how a deployment names a user.
func (j *site) person(id string) any { return map[string]string{j.is("accountId", "name"): id} }

// account is a user as Jira shows one. The Cloud shows mail addresses only where the person allows it.
type account struct {
	AccountID   string `json:"accountId"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Email       string `json:"emailAddress"`
}

// user returns who can be assigned in the project and is known by a mail address, a name or an ID; "" is nobody, or several.
func (j *site) user(ctx context.Context, text string) (string, error) {
	text = strings.TrimSpace(text)
	j.cache.lock.Lock()
	id, known := j.cache.users[text]
	j.cache.lock.Unlock()
	if known || text == "" {
		return id, nil
	}
	queries := []url.Values{{j.is("query", "username"): {text}}}
	if j.dialect == cloud && !strings.Contains(text, "@") {
		queries = append(queries, url.Values{"accountId": {text}})
	}
	for _, query := range queries {
		query.Set("project", j.config.project())
		query.Set("maxResults", strconv.Itoa(pageSize))
		var list []account
		if err := j.get(ctx, "look for "+text, "user/assignable/search", query, &list); err != nil {
			return "", err
		}
		if id = j.match(list, text); id != "" {
			break
		}
	}
	j.cache.lock.Lock()
	defer j.cache.lock.Unlock()
	if j.cache.users == nil {
		j.cache.users = make(map[string]string)
	}
	j.cache.users[text] = id
	return id, nil
}

// match returns the one of the list that is meant. A mail address that is not shown was found by Jira alone: then there is one.
func (j *site) match(list []account, text string) string {
	id := func(a account) string { return j.is(a.AccountID, a.Name) }
	for _, same := range []func(account) string{
		func(a account) string { return a.Email }, id, func(a account) string { return a.DisplayName },
	} {
		at := slices.IndexFunc(list, func(a account) bool { return strings.EqualFold(same(a), text) })
		if at >= 0 {
			return id(list[at])
		}
	}
	if len(list) == 1 && strings.Contains(text, "@") && list[0].Email == "" {
		return id(list[0])
	}
	return ""
}
