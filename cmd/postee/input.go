package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/formats"
)

// flagSet is pflag's, by a shorter name.
type flagSet = *pflag.FlagSet

// reader reads inputs.
type reader struct {
	*app
	options *inputOptions
	// components: documents are read with the packages of what was scanned.
	components bool
	// known says which documents need not be read, by the SHA-256 of their bytes; nil is none.
	known func(ctx context.Context, now time.Time, sums [][sha256.Size]byte) []bool
	// bad is told of each document that could not be read; reading goes on.
	bad func(*scan.InputError)
	one single
	// flood counts the documents of a source that one refuses.
	flood scan.Flood
}

// readAll reads the inputs and calls admit with batches of documents. Only what admit returns ends it early.
func (in *reader) readAll(ctx context.Context, inputs []string, admit func([]*scan.Document) error) error {
	in.one.name = in.options.subject
	options := in.scanOptions(in.options)
	options.Components = in.components
	if in.known != nil {
		options.Known = func(ctx context.Context, sums [][sha256.Size]byte) []bool { return in.known(ctx, time.Now(), sums) }
	}
	for items := range scan.ReadBatches(ctx, inputs, options) {
		var err error
		if docs := in.take(items); len(docs) > 0 {
			err = admit(docs)
		}
		for i := range items {
			if items[i].Doc != nil {
				items[i].Release()
			}
		}
		if err != nil {
			return err
		}
	}
	in.told(in.flood.End())
	return interrupted(ctx)
}

// interrupted returns why a context ended: an interrupt or the deadline; nil while it lives.
func interrupted(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// take puts items where they belong: the log, the count of errors, or the documents, which it returns.
func (in *reader) take(items []scan.Item) []*scan.Document {
	var docs []*scan.Document
	for i := range items {
		item := &items[i]
		if item.Warning != "" {
			in.log.Warn(item.Warning)
		}
		if item.Err != nil {
			in.bad(item.Err)
		}
		if item.Doc == nil {
			continue
		}
		for _, w := range item.Doc.Warnings {
			in.log.Warn(item.Doc.Source + ": " + w)
		}
		for _, n := range item.Doc.Notes {
			in.log.Info(item.Doc.Source + ": " + n)
		}
		if err := in.one.check(item.Doc); err != nil {
			in.unnamed(&scan.InputError{Source: item.Doc.Source, Offset: -1, Err: err})
			continue
		}
		docs = append(docs, item.Doc)
	}
	return docs
}

// unnamed counts a document that --subject does not mean; a flood of them is not listed.
func (in *reader) unnamed(err *scan.InputError) {
	in.told(in.flood.Begin(err.Source))
	if in.flood.Error() {
		in.bad(err)
	}
}

// told reports the errors of a source that were kept back, if there are any.
func (in *reader) told(rest *scan.InputError) {
	if rest != nil {
		in.bad(rest)
	}
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
	return scan.Options{
		Formats: formats.All(), Format: o.format, Stdin: a.stdin, Covers: o.covers.kinds, Partial: o.partial, MaxDocument: int64(o.largest),
		Named: o.subject != "", Job: scan.JobOf(a.lookup), ByTypes: a.thorough,
	}
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
