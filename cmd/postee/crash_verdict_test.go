package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// tally is what a scenario came to.
type tally struct {
	kills, admitted, taken, lost, repeated, otherKey, unconfirmed, deaths int
	// fragments counts lines of files that processes left unfinished when they were killed.
	fragments int
}

// tallyHead names the columns of a tally.
const tallyHead = "scenario                    kills  admitted  taken  lost  repeated: same key  another key  taken, unconfirmed  claims that died  fragments"

// String is the tally in columns.
func (y *tally) String() string {
	return fmt.Sprintf("%5d  %8d  %5d  %4d  %18d  %11d  %18d  %16d  %9d",
		y.kills, y.admitted, y.taken, y.lost, y.repeated, y.otherKey, y.unconfirmed, y.deaths, y.fragments)
}

// add sums up.
func (y *tally) add(z *tally) {
	y.kills += z.kills
	y.admitted += z.admitted
	y.taken += z.taken
	y.lost += z.lost
	y.repeated += z.repeated
	y.otherKey += z.otherKey
	y.unconfirmed += z.unconfirmed
	y.deaths += z.deaths
	y.fragments += z.fragments
}

// verdict compares what was admitted with what the targets took.
func (a *arena) verdict(t *testing.T) *tally {
	t.Helper()
	y := &tally{kills: a.kills, deaths: len(a.deaths), unconfirmed: a.unconfirmed, admitted: a.admitted(t) - a.before}
	whole, keyed := 0, 0
	for i, target := range a.targets {
		r := target.final(t)
		if file, ok := target.(*fileTarget); ok {
			y.fragments += file.fragments
		}
		n, partial := r.messages()
		whole += n
		if a.digests {
			whole += r.documents() // what waits for a digest has a number of its own, and so has the digest
		}
		if partial > 0 {
			t.Errorf("target %d: of %d messages only some parts came", i, partial)
		}
		if n := r.unexplained(); n > 0 {
			t.Errorf("target %d: %d were repeated although no process was killed in between", i, n)
		}
		r.mu.Lock()
		y.taken += r.taken
		y.repeated += r.repeat
		r.mu.Unlock()
		if r.broken > 0 {
			t.Errorf("target %d: %d parts came again although the state knew that they had been taken", i, r.broken)
		}
		keyed += r.repeatsWithKey()
		y.otherKey += r.otherKeys()
		a.everyRepeatHasItsDeath(t, r)
	}
	y.lost = y.admitted - whole
	if y.lost != 0 || y.otherKey > 0 {
		t.Errorf("%d of %d messages are lost, %d came with another key", y.lost, y.admitted, y.otherKey)
	}
	if keyed != y.unconfirmed {
		t.Errorf("%d messages were repeated under their key, %d had been taken and not confirmed when a process died", keyed, y.unconfirmed)
	}
	if y.repeated > y.deaths {
		t.Errorf("%d repeats, but only %d claims ended by death", y.repeated, y.deaths)
	}
	a.everybodyHasTheNewest(t)
	return y
}

// documents counts those in all distinct bodies.
func (r *record) documents() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for body := range r.keys {
		n += strings.Count(body, `"ArtifactName"`)
	}
	return n
}

// everyRepeatHasItsDeath: a message is taken at most once more for each of its claims that a kill ended.
func (a *arena) everyRepeatHasItsDeath(t *testing.T, r *record) {
	t.Helper()
	for key, n := range r.times() {
		if key != "" && n-1 > a.keys[key] {
			t.Errorf("message %s was taken %d times, and %d of its claims died", key, n, a.keys[key])
		}
	}
}

// everybodyHasTheNewest: the last that each webhook and each file took about each image is its last scan.
func (a *arena) everybodyHasTheNewest(t *testing.T) {
	t.Helper()
	for i, kind := range a.scenario.targets {
		if kind == "stdout" || kind == "webhook" && a.config == nil {
			if lost := a.targets[i].outdated(a.newest); lost > 0 {
				t.Errorf("target %d does not have the last scan of %d images", i, lost)
			}
		}
	}
}

// outdated counts images whose last scan is not the last that the target took about them.
func (r *recorder) outdated(scans string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, want := range strings.Split(strings.TrimSpace(scans), "\n") {
		if r.last[fmt.Sprintf("registry.example.com/app%d:1", i)] != want {
			n++
		}
	}
	return n
}

// verdict checks what a recorder has seen: every image's last scan arrived, and nothing under two keys.
func (r *recorder) verdict(t *testing.T, images int, scans string) {
	t.Helper()
	lost, other := r.outdated(scans), r.otherKeys()
	if lost > 0 || other > 0 {
		t.Errorf("of %d images: lost %d, repeated with another key %d", images, lost, other)
	}
	t.Logf("%d messages taken, %d repeated with the same key, lost %d, repeated with another key %d", r.taken, r.repeat, lost, other)
}

// generation writes one scan of each of n images: every generation replaces one finding of each image by another.
func generation(n, number int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `{"SchemaVersion":2,"ArtifactName":"registry.example.com/app%d:1","ArtifactType":"container_image","Results":[`+
			`{"Target":"os","Class":"os-pkgs","Vulnerabilities":[{"VulnerabilityID":"CVE-2026-%d","PkgName":"p","InstalledVersion":"1","Severity":"HIGH"},`+
			`{"VulnerabilityID":"CVE-2025-1","PkgName":"q","InstalledVersion":"1","Severity":"LOW"}]}]}`+"\n", i, number)
	}
	return out.String()
}

// longGeneration is a generation whose messages are too long for one message of a chat: all findings are new each time.
func longGeneration(n, findings, number int) string {
	var out strings.Builder
	for i := range n {
		var list []string
		for j := range findings {
			list = append(list, fmt.Sprintf(`{"VulnerabilityID":"CVE-2026-%d","PkgName":"%s%d","InstalledVersion":"1","Severity":"HIGH",`+
				`"Title":"%s","PrimaryURL":"https://example.com/%s"}`, number*1000+j, strings.Repeat("p", 150), j, strings.Repeat("t", 140), strings.Repeat("u", 200)))
		}
		fmt.Fprintf(&out, `{"SchemaVersion":2,"ArtifactName":"registry.example.com/app%d:1","ArtifactType":"container_image","Results":[`+
			`{"Target":"os","Class":"os-pkgs","Vulnerabilities":[%s]}]}`+"\n", i, strings.Join(list, ","))
	}
	return out.String()
}

// finish runs the program to its end, without faults, and then once more: that one must have nothing to say.
func finish(t *testing.T, binary, scans, stateFile, url string) {
	t.Helper()
	for range 2 {
		out, err := exec.CommandContext(t.Context(), binary, "send", scans, "--to", "webhook="+url, "--state", stateFile).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	sound(t, binary, stateFile)
}
