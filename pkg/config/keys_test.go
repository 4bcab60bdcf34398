package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/all"
)

// types are the types of target that there are.
func types(t testing.TB) []string {
	t.Helper()
	folders, err := os.ReadDir(filepath.Join(top, "pkg", "sinks"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range folders {
		if _, err := all.New(f.Name()); f.IsDir() && err == nil {
			names = append(names, f.Name())
		}
	}
	if len(names) < 2 {
		t.Fatalf("only %q", names)
	}
	return names
}

// keys calls fn with every key of a struct, those of structs in it included, under its path.
func keys(to any, under string, fn func(path string, s slot)) {
	for _, s := range slots(group{to, true}) {
		fn(under+s.key, s)
		inner := s.to.Type()
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		_, isValue := s.to.Addr().Interface().(marked)
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[sinks.Secret]() && !isValue {
			keys(reflect.New(inner).Interface(), under+s.key+".", fn)
		}
	}
}

// TestNoKeyTwice: an entry's keys are those of three structs, which must not share any.
func TestNoKeyTwice(t *testing.T) {
	for _, kind := range types(t) {
		target, _ := all.New(kind)
		seen := make(map[string]bool)
		for _, g := range []any{&header{}, &Filters{}, target} {
			for _, s := range slots(group{to: g}) {
				if seen[fold(s.key)] || s.key == "" {
					t.Errorf("%s: the key %q is in two structs", kind, s.key)
				}
				seen[fold(s.key)] = true
			}
		}
	}
}

// TestSecretsAreSecret: what looks like a secret has the type that is never printed.
func TestSecretsAreSecret(t *testing.T) {
	for _, kind := range types(t) {
		target, _ := all.New(kind)
		_, err := all.To(kind, sinks.NewSecret("http://h"))
		isURL := err == nil
		keys(target, "", func(path string, s slot) {
			looks := path == "url" && isURL || path == "headers"
			for _, word := range []string{"password", "token", "secret", "bearer", "basic", "proxy"} {
				looks = looks || strings.Contains(fold(s.key), word)
			}
			if kind := s.to.Type(); looks && !strings.HasSuffix(kind.String(), "sinks.Secret") {
				t.Errorf("%s: %s looks like a secret and is a %v", kind, path, kind)
			}
		})
	}
}

// TestLiteral: programs and templates have dollar signs of their own.
func TestLiteral(t *testing.T) {
	for _, kind := range types(t) {
		target, _ := all.New(kind)
		keys(target, "", func(path string, s slot) {
			if slices.Contains([]string{"input", "body", "bodycontent", "execscript", "template"}, fold(s.key)) && s.expands {
				t.Errorf("%s: %s needs the option literal in its tag", kind, path)
			}
		})
	}
	var place struct {
		Body string `cfg:"body,literal"`
		URL  string `cfg:"url"`
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte("{body: $A, url: $A}"), &root); err != nil {
		t.Fatal(err)
	}
	b := &binder{problems: &Problems{}, notes: new([]Note), expand: func(string) (string, error) { return "expanded", nil }}
	b.bind(b.pairs(root.Content[0], fold), "", false, group{&place, true})
	if place.Body != "$A" || place.URL != "expanded" || len(b.problems.List) > 0 {
		t.Errorf("%+v, %v", place, b.problems)
	}
}

// TestEveryKeyCanBeSet: the binder knows the type of every field that has a tag.
func TestEveryKeyCanBeSet(t *testing.T) {
	structs := map[string]any{"header": &header{}, "filters": &Filters{}, "common": &commonKeys{}}
	for _, kind := range types(t) {
		structs[kind], _ = all.New(kind)
	}
	for name, to := range structs {
		keys(to, "", func(path string, s slot) {
			b := &binder{problems: &Problems{}, notes: new([]Note)}
			for _, text := range []string{"true", "3", "high", "{a: b}"} {
				var root yaml.Node
				if err := yaml.Unmarshal([]byte("k: "+text), &root); err != nil {
					t.Fatal(err)
				}
				b.put(s, pair{key: root.Content[0].Content[0], value: root.Content[0].Content[1]})
			}
			if strings.Contains(b.problems.Error(), "cannot be set") {
				t.Errorf("%s: %s is a %v, which no value can be put into", name, path, s.to.Type())
			}
		})
	}
}

// TestExample: the example loads, has every key that there is, and every type of target.
func TestExample(t *testing.T) {
	path := filepath.Join(top, "cfg.example.yaml")
	env := func(name string) (string, bool) {
		return "https://example.com/x", !strings.HasPrefix(name, "AQUAALERT")
	}
	c, err := read(t.Context(), path, Options{Lookup: env, Resolve: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.setup(t.Context()); err != nil {
		t.Error(err)
	}
	if len(c.Notes) > 0 {
		t.Errorf("the example has notes: %v", c.Notes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(top, "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	structs := []any{&header{}, &commonKeys{}}
	for _, kind := range types(t) {
		if !slices.ContainsFunc(c.Targets, func(e targetEntry) bool { return e.Type == kind }) {
			t.Errorf("the example has no target of type %s", kind)
		}
		target, _ := all.New(kind)
		structs = append(structs, target)
	}
	documented(t, text, page, structs...)
	filters := slots(group{to: &Filters{}})
	for _, s := range filters {
		if !strings.Contains(string(page), "`"+s.key+"`") || s.key != "plugins" && !strings.Contains(string(text), s.key+":") {
			t.Errorf("the example or docs/configuration.md has no %s", s.key)
		}
	}
}

// TestRoutesExample: so does that of the mapping form.
func TestRoutesExample(t *testing.T) {
	path := filepath.Join(top, "docs", "routes.example.yaml")
	env := func(name string) (string, bool) {
		return "https://example.com/x", strings.HasSuffix(name, "URL") || name == "SLACK_WEBHOOK"
	}
	c, err := read(t.Context(), path, Options{Lookup: env, Resolve: true})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := c.setup(t.Context()); err != nil || len(s.Routes) != 3 || len(s.Targets) != 2 || len(s.Routes[0].Targets) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(top, "docs", "routes.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range slices.Concat(slots(group{to: &mappingKeys{}}), slots(group{to: &routeKeys{}})) {
		documentedKey(t, text, page, s.key, s.key)
	}
	for _, s := range slots(group{to: &plugins{}}) {
		documentedKey(t, text, page, "plugins."+s.key, s.key)
	}
}

// documented fails for keys that an example or a page does not have.
func documented(t *testing.T, example, page []byte, structs ...any) {
	t.Helper()
	for _, to := range structs {
		keys(to, "", func(path string, s slot) {
			if _, old := s.to.Addr().Interface().(*retired); !old {
				documentedKey(t, example, page, path, s.key)
			}
		})
	}
}

// documentedKey is documented for one key.
func documentedKey(t *testing.T, example, page []byte, path, key string) {
	t.Helper()
	if !strings.Contains(string(example), key+":") {
		t.Errorf("the example has no %s", path)
	}
	if !strings.Contains(string(page), "`"+path+"`") {
		t.Errorf("the page has no `%s`", path)
	}
}
