package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write makes files below a new folder and returns its path; the keys are names with slashes.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// one compiles a policy of one file, named p.rego.
func one(t testing.TB, text string) *Policy {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.rego")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// What ends an evaluation here is never the time: a machine may be slow.
	p, err := Compile(t.Context(), []string{file}, Options{Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// inFolder takes a folder's path out of a text.
func inFolder(dir, text string) string {
	return filepath.ToSlash(strings.ReplaceAll(text, dir+string(filepath.Separator), ""))
}

const alpine = `{"image": "alpine:3.19", "summary": {"critical": 2, "high": 0}, "tags": ["a", "b"]}`

func TestAllow(t *testing.T) {
	sample := "package postee\ndefault allow = false\nallow {\ncontains(input.image, \"alpine\")\n}\n"
	tests := map[string]struct {
		files map[string]string
		input string
		want  bool
	}{
		"the sample of the older product":      {map[string]string{"a.rego": sample}, alpine, true},
		"the sample, another image":            {map[string]string{"a.rego": sample}, `{"image":"nginx"}`, false},
		"the sample, no image":                 {map[string]string{"a.rego": sample}, `{}`, false},
		"the sample, an image that is no text": {map[string]string{"a.rego": "package postee\nallow { input.image == 5 }"}, `{"image":[]}`, false},
		"v1 by its import":                     {map[string]string{"a.rego": "package postee\nimport rego.v1\nallow if input.image == \"alpine:3.19\""}, alpine, true},
		"v1 without import":                    {map[string]string{"a.rego": "package postee\n\nallow if {\n\tsome t in input.tags\n\tt == \"b\"\n}"}, alpine, true},
		"v0 with future keywords":              {map[string]string{"a.rego": "package postee\nimport future.keywords\nallow if \"a\" in input.tags"}, alpine, true},
		"v0 with a function of its time":       {map[string]string{"a.rego": "package postee\nallow { re_match(`^alp`, input.image) }"}, alpine, true},
		"byte order mark and CR LF":            {map[string]string{"a.rego": "\ufeffpackage postee\r\nallow {\r\n input.image\r\n}\r\n"}, alpine, true},
		"v1 without a keyword that v0 refuses": {map[string]string{
			"a.rego": "package postee\ndefault allow := false\nfound := [t | some t in input.tags; t == \"b\"]", "b.rego": "package postee\nallow { count(found) == 1 }",
		}, alpine, true},
		"v0 with a variable in": {map[string]string{"a.rego": "package postee\nallow { in := input.image; in == \"alpine:3.19\" }"}, alpine, true},
		"both dialects, v0 holds": {map[string]string{
			"a.rego": sample, "b.rego": "package postee\nimport rego.v1\ndefault allow := false\nallow if input.summary.high > 0",
		}, alpine, true},
		"both dialects, v1 holds": {map[string]string{
			"a.rego": sample, "b.rego": "package postee\ndefault allow := false\nallow if input.summary.high > 0",
		}, `{"image":"nginx","summary":{"high":1}}`, true},
		"both dialects, none holds": {map[string]string{
			"a.rego": sample, "b.rego": "package postee\nallow if input.summary.high > 0",
		}, `{"image":"nginx","summary":{"high":0}}`, false},
		"a rule of another file": {map[string]string{
			"a.rego": "package postee\nallow { severe }", "b.rego": "package postee\nsevere if input.summary.critical > 1",
		}, alpine, true},
		"a default that allows":      {map[string]string{"a.rego": "package postee\ndefault allow = true\nallow = false { input.image }"}, `{}`, true},
		"an exception to it":         {map[string]string{"a.rego": "package postee\ndefault allow = true\nallow = false { input.image }"}, alpine, false},
		"else":                       {map[string]string{"a.rego": "package postee\nallow = false { input.none } else = true { input.image }"}, alpine, true},
		"undefined":                  {map[string]string{"a.rego": "package postee\nallow { input.none.at.all > 3 }"}, alpine, false},
		"data that nobody has":       {map[string]string{"a.rego": "package postee\nallow { not data.postee.deny }"}, alpine, true},
		"print goes nowhere":         {map[string]string{"a.rego": "package postee\nallow { print(\"hello\", input.none); input.image }"}, alpine, true},
		"numbers keep their digits":  {map[string]string{"a.rego": "package postee\nallow { input.n == 12345678901234567890123; json.marshal(input.m) == \"1.50\" }"}, `{"n":12345678901234567890123,"m":1.50}`, true},
		"an array without view":      {map[string]string{"a.rego": "package postee\nallow { input[1].x }"}, `[{},{"x":true}]`, true},
		"names like builtins, owned": {map[string]string{"a.rego": "package postee\ntrace(x) { x }\nallow { trace(true) }"}, `{}`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := Compile(t.Context(), []string{write(t, tt.files)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Allow(t.Context(), NewInput([]byte(tt.input), p.Needs()))
			if err != nil || got != tt.want {
				t.Errorf("got %v, %v", got, err)
			}
			if where := p.Where(t.Context(), NewInput([]byte(tt.input), p.Needs())); (where != "") != tt.want {
				t.Errorf("where: %q", where)
			}
		})
	}
}

func TestCompileErrors(t *testing.T) {
	const good = "package postee\nallow { input.x }\n"
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"no policy":               {map[string]string{"README": "x", "a_test.rego": good}, "DIR: no policy in this folder: name files so that they end in .rego"},
		"another package":         {map[string]string{"a.rego": "package main\nallow { input.x }"}, `a.rego:1:1: package main: a policy begins with "package postee"`},
		"a package below":         {map[string]string{"a.rego": "package postee.lib\nallow { input.x }"}, `a.rego:1:1: package postee.lib: a policy begins with "package postee"`},
		"no rule":                 {map[string]string{"a.rego": "package postee\ndeny { input.x }"}, "DIR/a.rego: no rule allow: nothing could ever pass; write one, such as allow { … }"},
		"only a refusing default": {map[string]string{"a.rego": "package postee\ndefault allow = false"}, "DIR/a.rego: no rule allow: nothing could ever pass; write one, such as allow { … }"},
		"empty file":              {map[string]string{"a.rego": ""}, "a.rego:1:1: empty module"},
		"contradicting defaults":  {map[string]string{"a.rego": good + "default allow = false", "b.rego": "package postee\ndefault allow = true"}, "b.rego:2:1: default allow is true here and false at a.rego:3:1: keep one of them"},
		"misspelt variable":       {map[string]string{"a.rego": "package postee\nallow { inptu.x == 1 }"}, "a.rego:2:9: var inptu has no value here: is it spelt right?"},
		"misspelt function":       {map[string]string{"a.rego": "package postee\nallow { contians(input.x, \"y\") }"}, "a.rego:2:9: no function contians: is it spelt right?"},
		"wrong types":             {map[string]string{"a.rego": "package postee\nallow { startswith(5, \"y\") }"}, "a.rego:2:9: startswith: invalid argument(s), have: (number, string), want: (search: string, base: string, result: boolean)"},
		"syntax, v0":              {map[string]string{"a.rego": "package postee\nallow {\n  input.x ==\n}"}, "a.rego:4:1: unexpected } token"},
		"syntax, v1":              {map[string]string{"a.rego": "package postee\nallow if {\n  input.x ==\n}"}, "a.rego:4:1: unexpected } token"},
		"v1 says so":              {map[string]string{"a.rego": "package postee\nimport rego.v1\nallow { input.x }"}, "a.rego:3:1: `if` keyword is required before rule body"},
		"a set":                   {map[string]string{"a.rego": "package postee\nallow[x] { x := input.x }"}, "a.rego:2:1: allow must be true or false: no function, set or object"},
		"a set, v1":               {map[string]string{"a.rego": "package postee\nallow contains x if { x := input.x }"}, "a.rego:2:1: allow must be true or false: no function, set or object"},
		"an object":               {map[string]string{"a.rego": "package postee\nallow.x := 1"}, "a.rego:2:1: allow must be true or false: no function, set or object"},
		"a function":              {map[string]string{"a.rego": "package postee\nallow(x) { x }"}, "a.rego:2:1: allow must be true or false: no function, set or object"},
		"data":                    {map[string]string{"a.rego": "package postee\nallow { data.limits.high > 1 }"}, "a.rego:2:9: data.limits.high: policies here have no data but their own rules and data.params: write the values into params"},
		"imported data":           {map[string]string{"a.rego": "package postee\nimport data.lib\nallow { lib.x }"}, "a.rego:2:8: data.lib: policies here have no data but their own rules and data.params: write the values into params"},
		"recursion":               {map[string]string{"a.rego": "package postee\nallow { severe }\nsevere { allow }"}, "a.rego:2:1: rule data.postee.allow is recursive: data.postee.allow -> data.postee.severe -> data.postee.allow"},
		"all files, all problems": {map[string]string{"a.rego": "package x\n", "b.rego": "package postee\nallow { ="}, "a.rego:1:1: package x: a policy begins with \"package postee\"\nb.rego:2:9:"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := write(t, tt.files)
			_, err := Compile(t.Context(), []string{dir}, Options{})
			if err == nil {
				t.Fatal("compiled")
			}
			got := strings.ReplaceAll(inFolder(dir, err.Error()), dir, "DIR")
			if want := strings.ReplaceAll(tt.want, "DIR/", ""); !strings.HasPrefix(got, want) {
				t.Errorf("\ngot  %s\nwant %s", got, want)
			}
		})
	}
}

func TestEvaluationErrors(t *testing.T) {
	tests := map[string]struct{ policy, input, want string }{
		"a text":            {"allow = \"yes\" { input.x }", `{"x":1}`, "p.rego: allow is of type string: it must be true or false"},
		"a number":          {"allow = 1", `{}`, "p.rego: allow is of type number: it must be true or false"},
		"null":              {"allow = input.x", `{"x":null}`, "p.rego: allow is of type null: it must be true or false"},
		"an object":         {"allow = input", `{}`, "p.rego: allow is of type object: it must be true or false"},
		"division by zero":  {"allow { 1 / input.x > 2 }", `{"x":0}`, "p.rego:2:9: div: divide by zero"},
		"no number":         {"allow { to_number(input.x) > 2 }", `{"x":"y"}`, "p.rego:2:9: to_number: strconv.ParseFloat: parsing \"y\": invalid syntax"},
		"a type":            {"allow { contains(input.x, \"y\") }", `{"x":5}`, "p.rego:2:9: contains: operand 1 must be string but got number"},
		"contradiction":     {"allow { input.x }\nallow = false { input.y }", `{"x":1,"y":1}`, "p.rego:3:1: rule data.postee.allow produced conflicting values: true at p.rego:2 false at p.rego:3"},
		"no JSON":           {"allow { input.x }", `{"x":`, "the document cannot be read: offset 5: unexpected EOF"},
		"nothing":           {"allow { input.x }", ` `, "the document cannot be read: it is empty"},
		"too much":          {"allow { input.x }", `{} {}`, "the document cannot be read: offset 4: more than one JSON value"},
		"a name twice":      {"allow { input.x }", `{"x":1,"x":2}`, "the document cannot be read: offset 7: duplicate object member name"},
		"an absurd number":  {"allow { input.x }", `{"x":1e999999999}`, "the document cannot be read: offset 16: a number of more than 1000 digits"},
		"nowhere near JSON": {"allow { input.x }", "\x00", "the document cannot be read: offset 0: invalid character '\\x00' at start of value"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := one(t, "package postee\n"+tt.policy)
			got, err := p.Allow(t.Context(), laid(NewInput([]byte(tt.input), p.Needs()), view{}))
			if err == nil || got {
				t.Fatalf("got %v, %v", got, err)
			}
			if got := inFolder(filepath.Dir(p.files[0]), err.Error()); got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
			if where := p.Where(t.Context(), NewInput([]byte(tt.input), p.Needs())); where != "" {
				t.Errorf("where: %s", where)
			}
		})
	}
}

func TestCompileSource(t *testing.T) {
	tests := map[string]struct {
		body string
		want bool
	}{
		"as in the older product": {"contains(input.image, \"alpine\")\ninput.summary.critical > 0\n", true},
		"one line fails":          {"contains(input.image, \"alpine\")\ninput.summary.high > 0\n", false},
		"v1":                      {"some t in input.tags\nt == \"b\"", true},
		"with a comment":          {"# only alpine\ninput.image # at all", true},
		"a variable":              {"n := input.summary.critical + input.summary.high\nn == 2", true},
		"semicolons":              {"input.image; input.summary", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := CompileSource(t.Context(), "cfg.yaml: input", tt.body, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := p.Allow(t.Context(), NewInput([]byte(alpine), p.Needs())); err != nil || got != tt.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	for body, want := range map[string]string{
		"":                                "in: no condition: write Rego lines that must all hold",
		"# nothing\n":                     "in: no condition: write Rego lines that must all hold",
		"input.x ==\n":                    "in:2:1: unexpected eof token",
		"input.x\ninptu.y":                "in:2:1: var inptu has no value here: is it spelt right?",
		"input.x\nhttp.send({})":          "in:2:1: http.send: policies here cannot reach the network",
		"input.x }\nallow { true":         "in:1:9: ",
		"package postee\nallow { true }":  "in:1:1: ",
		"import data.x\ninput.y":          "in:1:1: only conditions may stand here: put a package, imports and rules into a file",
		"input.x == data.limits.critical": "in:1:12: data.limits.critical: policies here have no data",
	} {
		if _, err := CompileSource(t.Context(), "in", body, Options{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestWhere(t *testing.T) {
	dir := write(t, map[string]string{
		"a.rego": "package postee\ndefault allow = false\nallow {\n  input.x == 1\n}\nallow {\n  severe\n}\n",
		"b.rego": "package postee\nsevere if input.x == 2\nallow if input.x == 3\n",
	})
	p, err := Compile(t.Context(), []string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for input, want := range map[string]string{
		`{"x":1}`: "a.rego:3", `{"x":2}`: "a.rego:6", `{"x":3}`: "b.rego:3", `{"x":4}`: "", `5`: "", `nonsense`: "",
	} {
		if got := inFolder(dir, p.Where(t.Context(), NewInput([]byte(input), p.Needs()))); got != want {
			t.Errorf("%s: got %q, want %q", input, got, want)
		}
	}
	body, err := CompileSource(t.Context(), "cfg.yaml", "\ninput.x\n", Options{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if got := body.Where(t.Context(), NewInput([]byte(`{"x":1}`), body.Needs())); got != "cfg.yaml:2" {
		t.Errorf("got %q", got)
	}
	usual := one(t, "package postee\ndefault allow = true\n")
	if got := usual.Where(t.Context(), NewInput([]byte(`{}`), usual.Needs())); !strings.HasSuffix(got, "p.rego:2") {
		t.Errorf("got %q", got)
	}
}
