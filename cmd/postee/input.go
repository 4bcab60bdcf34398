package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/formats"
)

// flagSet is pflag's, by a shorter name.
type flagSet = *pflag.FlagSet

// A batch is admitted in one transaction: by far the greatest part of its cost does not depend on its size. These bounds were
// measured: beyond them a larger batch gains little and keeps documents in memory.
const (
	batchDocuments = 64
	batchBytes     = 4 << 20
	batchWait      = 50 * time.Millisecond
)

// batch is documents that wait to be admitted together.
type batch struct {
	docs     []*scan.Document
	bytes    int
	releases []func()
}

// add puts a document into the batch.
func (b *batch) add(item *scan.Item) {
	b.docs = append(b.docs, item.Doc)
	b.bytes += len(item.Doc.Raw)
	b.releases = append(b.releases, item.Release)
}

// reader reads inputs.
type reader struct {
	*app
	options *inputOptions
	// bad is told of each document that could not be read; reading goes on.
	bad func(*scan.InputError)
	one single
	// batches counts those that were admitted.
	batches int
}

// readAll reads the inputs and calls admit with batches of documents. Only what admit returns ends it early.
func (in *reader) readAll(ctx context.Context, inputs []string, admit func([]*scan.Document) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	items := make(chan scan.Item)
	go func() {
		defer close(items)
		for item := range scan.Read(ctx, inputs, in.scanOptions(in.options)) {
			select {
			case items <- item:
			case <-ctx.Done():
				return
			}
		}
	}()
	in.one.name = in.options.subject
	var b batch
	flush := func() error {
		if len(b.docs) == 0 {
			return nil
		}
		if in.batches++; in.batches == 2 && in.frugal != nil {
			in.frugal()
		}
		err := admit(b.docs)
		for _, release := range b.releases {
			release()
		}
		b = batch{}
		return err
	}
	var due <-chan time.Time
	for {
		select {
		case item, more := <-items:
			if !more {
				return errors.Join(flush(), interrupted(ctx))
			}
			if in.take(&item, &b); len(b.docs) == 1 {
				due = time.After(batchWait)
			}
			if len(b.docs) < batchDocuments && b.bytes < batchBytes {
				continue
			}
		case <-due:
		case <-ctx.Done():
			return interrupted(ctx)
		}
		due = nil
		if err := flush(); err != nil {
			return err
		}
	}
}

// interrupted returns why a context ended: an interrupt or the deadline; nil while it lives.
func interrupted(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// take puts an item where it belongs: the batch, the log, or the count of errors.
func (in *reader) take(item *scan.Item, b *batch) {
	if item.Warning != "" {
		in.log.Warn(item.Warning)
	}
	if item.Err != nil {
		in.failed(item.Err)
	}
	if item.Doc == nil {
		return
	}
	for _, w := range item.Doc.Warnings {
		in.log.Warn(item.Doc.Source + ": " + w)
	}
	if err := in.one.check(item.Doc); err != nil {
		item.Release()
		in.failed(&scan.InputError{Source: item.Doc.Source, Offset: -1, Err: err})
		return
	}
	b.add(item)
}

// failed counts one bad document for the exit status and goes on.
func (in *reader) failed(err *scan.InputError) {
	in.outcome.input = true
	in.bad(err)
}

// single is --subject: it names one artifact, so a second one in the run is a mistake.
type single struct{ name, artifact string }

// check refuses a document about another artifact than the first.
func (s *single) check(doc *scan.Document) error {
	if s.name == "" {
		return nil
	}
	for i := range doc.Reports {
		artifact := doc.Reports[i].Artifact.Subject()
		if s.artifact == "" {
			s.artifact = artifact
		}
		if artifact != s.artifact {
			return fmt.Errorf("--subject %q names one artifact, but this is %s after %s: run postee once for each", s.name, artifact, s.artifact)
		}
	}
	return nil
}

// scanOptions returns the reader what the flags say.
func (a *app) scanOptions(o *inputOptions) scan.Options {
	return scan.Options{Formats: formats.All(), Format: o.format, Stdin: a.stdin, Covers: o.covers.kinds, Partial: o.partial, MaxDocument: int64(o.largest)}
}

// readBaseline reads the document of --baseline. Without it every finding would look new, so that an error ends the run.
func (a *app) readBaseline(ctx context.Context, o *inputOptions, file string) ([]*scan.Report, error) {
	reports := []*scan.Report{}
	for item := range scan.Read(ctx, []string{file}, a.scanOptions(o)) {
		if item.Err != nil {
			return nil, &inputError{fmt.Errorf("--baseline: %w", item.Err)}
		}
		if item.Doc == nil {
			continue
		}
		for i := range item.Doc.Reports {
			reports = append(reports, &item.Doc.Reports[i])
		}
	}
	return reports, interrupted(ctx)
}

// joined lists words as a sentence does.
func joined(words []string) string { return strings.Join(words, ", ") }
