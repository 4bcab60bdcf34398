package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progressAfter is how long a run may take before it shows that it goes on.
const progressAfter = time.Second

// progress shows on a terminal's standard error how many documents were read. A nil one shows nothing.
type progress struct {
	bar     *progressbar.ProgressBar
	started time.Time
	waiting int
}

// newProgress starts a display; there is none where standard error is no terminal, or where messages are printed on the same one.
func (a *app) newProgress(s *setup) *progress {
	if a.quiet || terminal(a.stderr) == 0 || len(s.printing) > 0 && terminal(a.stdout) > 0 {
		return nil
	}
	return &progress{started: time.Now(), bar: progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetDescription("reading"), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetItsString("documents"), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(14),
	)}
}

// add counts documents.
func (p *progress) add(documents int) {
	if p == nil {
		return
	}
	if p.waiting += documents; time.Since(p.started) >= progressAfter {
		_ = p.bar.Add(p.waiting)
		p.waiting = 0
	}
}

// done takes the display away, before anything else is printed.
func (p *progress) done() {
	if p != nil && time.Since(p.started) >= progressAfter {
		_ = p.bar.Finish()
		_ = p.bar.Clear()
	}
}
