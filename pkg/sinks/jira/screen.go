package jira

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
)

// screen is what a project asks for when an issue of a type is created.
type screen struct {
	typeID, typeName string
	fields           []field
}

// field is one field of the create screen.
type field struct {
	ID       string `json:"fieldId"`
	Name     string `json:"name"`
	Required bool   `json:"required"`
	Default  bool   `json:"hasDefaultValue"`
	Schema   schema `json:"schema"`
	// Allowed are the values it takes, where they are few.
	Allowed []choice `json:"allowedValues"`
}

// schema is the type of a field: "array" of Items, or a type by name; Custom is the kind of a custom field, System the name of another.
type schema struct {
	Type   string `json:"type"`
	Items  string `json:"items"`
	Custom string `json:"custom"`
	System string `json:"system"`
}

// choice is a value that a field takes. Options have a value, system fields a name.
type choice struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Value    string   `json:"value"`
	Children []choice `json:"children"`
}

// issueType is one type of the project. Names are in the user's language.
type issueType struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Untranslated string `json:"untranslatedName"`
}

// screen returns the create screen of the configured project and type, which is read once a run.
func (j *site) screen(ctx context.Context) (*screen, error) {
	j.cache.lock.Lock()
	known := j.cache.screen
	j.cache.lock.Unlock()
	if known != nil {
		return known, nil
	}
	of, err := j.issueType(ctx)
	if err != nil {
		return nil, err
	}
	known = &screen{typeID: of.ID, typeName: of.Name}
	err = pages(nil, func(q url.Values) (int, extent, bool, error) {
		var page struct {
			extent
			Fields []field `json:"fields"`
			Values []field `json:"values"`
		}
		err := j.list(ctx, "list the fields of "+of.Name, j.createMeta()+"/"+url.PathEscape(of.ID), q, &page)
		known.fields = slices.Concat(known.fields, page.Fields, page.Values)
		return len(page.Fields) + len(page.Values), page.extent, false, err
	})
	if err != nil {
		return nil, err
	}
	j.cache.lock.Lock()
	defer j.cache.lock.Unlock()
	j.cache.screen = known
	return known, nil
}

// createMeta returns where a project says what it asks for.
func (j *site) createMeta() string {
	return "issue/createmeta/" + url.PathEscape(j.config.project()) + "/issuetypes"
}

// issueType returns the configured type of the project: by its name in the user's language, by its own, or by its ID.
func (j *site) issueType(ctx context.Context) (issueType, error) {
	var list []issueType
	err := pages(nil, func(q url.Values) (int, extent, bool, error) {
		var page struct {
			extent
			Types  []issueType `json:"issueTypes"`
			Values []issueType `json:"values"`
		}
		err := j.get(ctx, "list the issue types of "+j.config.project(), j.createMeta(), q, &page)
		list = slices.Concat(list, page.Types, page.Values)
		return len(page.Types) + len(page.Values), page.extent, false, err
	})
	if err != nil {
		return issueType{}, err
	}
	wanted := j.config.issueType()
	var names []string
	for _, of := range list {
		if strings.EqualFold(of.Name, wanted) || strings.EqualFold(of.Untranslated, wanted) || of.ID == wanted {
			return of, nil
		}
		names = append(names, of.Name)
	}
	if len(names) == 0 {
		return issueType{}, hold("the project %s takes no issues from this user: check the key, and the permission Create Issues", j.config.project())
	}
	return issueType{}, hold("issuetype: there is no type %q in %s: it has %s", wanted, j.config.project(), near(wanted, names))
}

// system returns the field of that system name, nil when it is not on the screen.
func (s *screen) system(name string) *field {
	return s.find(func(f *field) bool { return f.ID == name || f.Schema.System == name })
}

// named returns the field of that name or ID, nil when it is not on the screen.
func (s *screen) named(name string) *field {
	if found := s.find(func(f *field) bool { return strings.EqualFold(strings.TrimSpace(f.Name), name) }); found != nil {
		return found
	}
	return s.find(func(f *field) bool { return f.ID == name })
}

// find returns the first field that fits.
func (s *screen) find(fits func(*field) bool) *field {
	for i := range s.fields {
		if fits(&s.fields[i]) {
			return &s.fields[i]
		}
	}
	return nil
}

// names returns the names of the fields.
func (s *screen) names() []string {
	var list []string
	for i := range s.fields {
		list = append(list, s.fields[i].Name)
	}
	return list
}

// label returns what people call a choice.
func (c *choice) label() string {
	if c.Value != "" {
		return c.Value
	}
	return c.Name
}

// pick returns the choice that a text names, by its value, name or ID, nil for none.
func pick(list []choice, text string) *choice {
	for i := range list {
		if strings.EqualFold(strings.TrimSpace(list[i].label()), text) {
			return &list[i]
		}
	}
	for i := range list {
		if list[i].ID == text {
			return &list[i]
		}
	}
	return nil
}

// namesOf returns what people call the choices.
func namesOf(list []choice) []string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].label()
	}
	return names
}

// mostNear is how many names an error shows, mostCompared how many characters of a name count.
const (
	mostNear     = 8
	mostCompared = 60
)

// near lists the names that are most like a text, for errors: "A, B, C and 12 more".
func near(text string, names []string) string {
	far := make(map[string]int, len(names))
	for _, name := range names {
		far[name] = distance(text, name)
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(far[a], far[b]) })
	sorted = slices.Compact(sorted)
	if len(sorted) == 0 {
		return "none"
	}
	if more := len(sorted) - mostNear; more > 0 {
		return strings.Join(sorted[:mostNear], ", ") + ", …"
	}
	return strings.Join(sorted, ", ")
}

// distance returns how many characters of a differ from b's, whatever the case: insertions, deletions and replacements.
func distance(a, b string) int {
	from, to := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	from, to = from[:min(len(from), mostCompared)], to[:min(len(to), mostCompared)]
	row := make([]int, len(to)+1)
	for i := range row {
		row[i] = i
	}
	for i, r := range from {
		before := row[0]
		row[0] = i + 1
		for k, other := range to {
			here := before
			if r != other {
				here++
			}
			before = row[k+1]
			row[k+1] = min(here, row[k]+1, before+1)
		}
	}
	return row[len(to)]
}
