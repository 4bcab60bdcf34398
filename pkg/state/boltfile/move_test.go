package boltfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// exported returns an export.
func exported(t testing.TB, b *boltfile.Store) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := b.Export(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// closing writes the last line that belongs to other lines.
func closing(lines string) string {
	sum := crc32.Checksum([]byte(lines), crc32.MakeTable(crc32.Castagnoli))
	return lines + fmt.Sprintf(`{"lines":%d,"crc32c":"%08x"}`+"\n", strings.Count(lines, "\n"), sum)
}

// body is an export without its last line.
func body(export string) string {
	return export[:strings.LastIndexByte(export[:len(export)-1], '\n')+1]
}

func importInto(t testing.TB, path, export string) error {
	t.Helper()
	_, err := boltfile.Import(t.Context(), boltfile.Options{Path: path}, strings.NewReader(export))
	if left, _ := filepath.Glob(path + ".new-*"); left != nil {
		t.Errorf("left %v", left)
	}
	return err
}

func TestExportImport(t *testing.T) {
	for _, subjects := range []int{0, 1, 300} {
		path := filepath.Join(t.TempDir(), "state.db")
		b := open(t, path)
		if subjects > 0 {
			statetest.Populate(t, b, subjects)
		}
		first := exported(t, b)
		if again := exported(t, b); again != first {
			t.Error("two exports differ")
		}
		for name, begin := range map[string]func(string){"none": func(string) {}, "empty": func(p string) { _ = open(t, p).Close() }} {
			other := filepath.Join(t.TempDir(), "new", "other.db")
			begin(other)
			if err := importInto(t, other, first); err != nil {
				t.Fatal(name, err)
			}
			c := open(t, other)
			statetest.Sound(t, c)
			want, got := dump(t, b), dump(t, c)
			if want["meta/id"] == got["meta/id"] {
				t.Error("the identity is the same")
			}
			delete(want, "meta/id")
			delete(got, "meta/id")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if info, err := os.Stat(other); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			if subjects > 0 {
				before := readFile(t, other)
				if err := importInto(t, other, first); !errors.Is(err, state.ErrNotEmpty) || !bytes.Equal(before, readFile(t, other)) {
					t.Errorf("into a state that is not empty: %v", err)
				}
			}
		}
	}
}

// TestImportIsNoticed: who has the empty state open sees that it is another one.
func TestImportIsNoticed(t *testing.T) {
	export := exported(t, open(t, small(t, 3)))
	path := filepath.Join(t.TempDir(), "state.db")
	b := open(t, path)
	if err := importInto(t, path, export); err != nil {
		t.Fatal(err)
	}
	if err := b.View(t.Context(), func(state.Tx) error { return nil }); err == nil || !strings.Contains(err.Error(), "replaced") {
		t.Error(err)
	}
}

// TestExportLetsOthersWork: while the reader of an export sleeps, others can write, and the export does not see it.
func TestExportLetsOthersWork(t *testing.T) {
	path := small(t, 300)
	b, other := open(t, path), open(t, path)
	want := exported(t, b)
	var got bytes.Buffer
	slow := writerFunc(func(p []byte) (int, error) {
		if got.Len() == 0 {
			statetest.Remember(t, other, "meanwhile", 5, 3)
			if _, err := other.Compact(t.Context()); err != nil {
				t.Error(err)
			}
		}
		return got.Write(p)
	})
	if _, err := b.Export(t.Context(), slow); err != nil || got.String() != want {
		t.Errorf("%v, the same: %t", err, got.String() == want)
	}
	gone := errors.New("the pipe is gone")
	if _, err := b.Export(t.Context(), writerFunc(func([]byte) (int, error) { return 0, gone })); !errors.Is(err, gone) {
		t.Error(err)
	}
	if left, _ := filepath.Glob(path + ".new-*"); left != nil {
		t.Errorf("left %v", left)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestImportRefuses(t *testing.T) {
	good := exported(t, open(t, small(t, 5)))
	lines := strings.SplitAfter(body(good), "\n")
	lines = lines[:len(lines)-1]
	without := func(i int) string { return strings.Join(append(append([]string{}, lines[:i]...), lines[i+1:]...), "") }
	at := func(bucket string) int {
		for i, l := range lines {
			if strings.Contains(l, `"bucket":"`+bucket+`"`) {
				return i
			}
		}
		t.Fatal(bucket)
		return 0
	}
	for name, c := range map[string]struct{ export, want string }{
		"nothing":         {"", "line 1 of the export: the end is missing"},
		"not ours":        {"{\"a\":1}\n", "line 1 of the export: this is no export"},
		"newer form":      {closing(strings.Replace(body(good), `"export":1`, `"export":2`, 1)), "line 1 of the export: the export was written by a newer postee"},
		"newer schema":    {closing(strings.Replace(body(good), `"schema":`, `"schema":9`, 1)), "written by a newer postee"},
		"schema 0":        {closing(`{"export":1,"schema":0,"id":""}` + "\n"), "there is no schema 0"},
		"no end":          {body(good), "the end is missing: the export was cut"},
		"cut":             {good[:len(good)/2], "it was cut"},
		"cut at the end":  {good[:len(good)-1], "it was cut"},
		"a line missing":  {without(3) + good[len(body(good)):], "it counts"},
		"a byte changed":  {strings.Replace(good, `"key":"736368656d61","payload":"AQ=="`, `"key":"736368656d61","payload":"Ag=="`, 1), "the schema is not that of the first line"},
		"checksum":        {body(good) + strings.Replace(good[len(body(good)):], `"crc32c":"`, `"crc32c":"f`, 1), "the checksum is"},
		"more after it":   {good + "\n", "something follows the end"},
		"twice":           {closing(strings.Join(append(append([]string{}, lines[:4]...), lines[3:]...), "")), "line 5 of the export: it is out of order"},
		"order":           {closing(strings.Join(append([]string{lines[0], lines[len(lines)-1]}, lines[1:]...), "")), "line 3 of the export: it is out of order"},
		"unknown bucket":  {closing(strings.Join(lines[:2], "") + `{"bucket":"x","key":"00","payload":""}` + "\n"), `line 3 of the export: there is no bucket "x"`},
		"base64":          {closing(lines[0] + `{"bucket":"meta","key":"00","payload":"*"}` + "\n"), "line 2 of the export: it cannot be read"},
		"key":             {closing(lines[0] + `{"bucket":"meta","key":"0","payload":""}` + "\n"), "line 2 of the export: the key is not"},
		"no key":          {closing(lines[0] + `{"bucket":"meta","key":"","payload":""}` + "\n"), "line 2 of the export: the key has a length"},
		"unknown member":  {closing(lines[0] + `{"bucket":"meta","key":"00","payload":"","more":1}` + "\n"), "line 2 of the export: it cannot be read"},
		"no meta":         {closing(lines[0]), "what it describes is no state of postee"},
		"a subject gone":  {closing(without(at("subj"))), "does not fit together"},
		"a name gone":     {closing(without(at("name"))), "findings without a name"},
		"a lane gone":     {closing(without(at("lane"))), "in no lane"},
		"a day gone":      {closing(without(at("seen"))), "missing in the index by day"},
		"a document gone": {closing(without(at("blob"))), "the document is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			err := importInto(t, path, c.export)
			var bad *state.ImportError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("there is a state now")
			}
		})
	}
}

// TestImportKilled: until all is there, there is no state; what is left is removed by the next.
func TestImportKilled(t *testing.T) {
	export := exported(t, open(t, small(t, 5)))
	folder, killed := t.TempDir(), t.TempDir()
	path := filepath.Join(folder, "state.db")
	read := strings.NewReader(export)
	half := readerFunc(func(p []byte) (int, error) {
		if read.Len() < len(export) {
			if err := os.CopyFS(killed, os.DirFS(folder)); err != nil && !errors.Is(err, os.ErrExist) {
				t.Error(err)
			}
		}
		return read.Read(p[:min(len(p), 512)])
	})
	if _, err := boltfile.Import(t.Context(), boltfile.Options{Path: path}, half); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(killed, "state.db")
	if left, _ := filepath.Glob(path + "*"); len(left) != 2 || !strings.Contains(strings.Join(left, " "), ".new-") {
		t.Errorf("killed in between: %v", left)
	}
	if err := importInto(t, path, export); err != nil {
		t.Error(err)
	}
	statetest.Sound(t, open(t, path))
}

// TestImportIsNoLeftOver: a state that another process creates or compacts meanwhile leaves a running import alone.
func TestImportIsNoLeftOver(t *testing.T) {
	export := exported(t, open(t, small(t, 5)))
	path := filepath.Join(t.TempDir(), "state.db")
	read := strings.NewReader(export)
	slow := readerFunc(func(p []byte) (int, error) {
		b := open(t, path)
		if _, err := b.Compact(t.Context()); err != nil {
			t.Error(err)
		}
		return read.Read(p)
	})
	if _, err := boltfile.Import(t.Context(), boltfile.Options{Path: path}, slow); err != nil {
		t.Error(err)
	}
	if n := statetest.Totals(t, open(t, path)).Subjects; n != 5 {
		t.Errorf("%d subjects", n)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func FuzzReadExport(f *testing.F) {
	good := exported(f, open(f, small(f, 3)))
	f.Add([]byte(good))
	f.Add([]byte(closing(strings.SplitAfter(good, "\n")[0])))
	f.Add([]byte(body(good)))
	f.Add([]byte(`{"export":1,"schema":1,"id":"00"}` + "\n" + `{"lines":1,"crc32c":"00000000"}`))
	f.Fuzz(func(t *testing.T, export []byte) {
		type pair struct{ bucket, key string }
		seen := map[pair]bool{}
		last := pair{}
		_, err := state.ReadExport(t.Context(), bytes.NewReader(export), func(bucket, key string, _ []byte) error {
			p := pair{bucket, key}
			if seen[p] || bucket == last.bucket && key < last.key {
				t.Errorf("%v after %v", p, last)
			}
			seen[p], last = true, p
			return nil
		})
		if err != nil {
			var bad *state.ImportError
			if !errors.As(err, &bad) || bad.Line < 1 {
				t.Errorf("%v is not about a line", err)
			}
			return
		}
		// What is accepted has its own sum: any byte less, and it is not.
		if _, err := state.ReadExport(t.Context(), bytes.NewReader(export[:len(export)-1]), func(string, string, []byte) error { return nil }); err == nil {
			t.Error("accepted without its last byte")
		}
	})
}
