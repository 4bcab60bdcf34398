package servicenow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/sinks"
)

// Check reads one record of the table. Nothing is created, so that what the user may write shows with the first record only.
func (s *sink) Check(ctx context.Context) ([]string, error) {
	request := s.api.get("", url.Values{"sysparm_limit": {"1"}})
	request.MaxAnswer = maxRecord
	answer, err := s.api.client.Do(ctx, request)
	if err != nil {
		return nil, err
	}
	var said struct {
		Result []map[string]jsontext.Value `json:"result"`
	}
	if err := read(answer, &said); err != nil {
		return nil, err
	}
	works := []string{"ServiceNow takes the credentials", fmt.Sprintf("the table %s can be read", s.api.table)}
	if len(said.Result) == 0 {
		return append(works, "the table is empty, or the user sees no record: its columns show with the first one only"), nil
	}
	if len(said.Result[0]) == 0 {
		return works, errors.New("a record without columns came: let the user read the table")
	}
	asked := slices.Concat([]string{columnShort, columnText, columnNotes, columnState, columnName, columnTold}, slices.Collect(maps.Keys(s.fields)))
	if s.closes {
		asked = slices.AppendSeq(asked, maps.Keys(s.closing))
	}
	var missing []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(asked))) {
		if _, ok := said.Result[0][name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return works, &sinks.Failure{Verdict: sinks.Hold, Err: fmt.Errorf(
			"the table %s has no column %s, or the user may not read it: ServiceNow leaves such columns out without a word", s.api.table, strings.Join(missing, ", "))}
	}
	return append(works, "all columns are there"), nil
}
