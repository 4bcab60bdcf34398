package servicenow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// settle is how long after an attempt without an answer a record is not made again: the instance may still be making it.
const settle = 20 * time.Second

// sink writes records of one table.
type sink struct {
	planner
	api     api
	ticket  ticket.Config
	opening map[string]string
	now     func() time.Time
}

// What a receipt keeps: the key of the message that it is for, and the record's ID.
const (
	keepFor = "for"
	keepID  = "id"
)

// Send makes one step of a message, after a look whether it has been made.
func (s *sink) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	var columns map[string]string
	if err := json.Unmarshal(d.Part.Body, &columns); err != nil {
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Dead, Err: fmt.Errorf("the part %s cannot be read", d.Part.Name)}
	}
	var n int
	switch {
	case d.Part.Name == partRecord:
		return s.record(ctx, &d, columns)
	case d.Part.Name == partClose:
		return s.close(ctx, &d, columns)
	default:
		// The name is the plan's own.
		_, _ = fmt.Sscanf(d.Part.Name, partNote+"%d/", &n)
		return s.note(ctx, &d, columns, n)
	}
}

// receipt is what is kept of a record.
func receipt(r *row, d *sinks.Delivery) sinks.Receipt {
	return sinks.Receipt{Ref: r.ref(), Keep: map[string]string{keepFor: d.Key, keepID: r.ID}}
}

// record finds the record and does what the message means for it.
func (s *sink) record(ctx context.Context, d *sinks.Delivery, columns map[string]string) (sinks.Receipt, error) {
	found, err := s.api.find(ctx, s.ticket.Name(d))
	if err != nil {
		return sinks.Receipt{}, err
	}
	changes := map[string]string{columnText: columns[columnText]}
	next, why := s.ticket.Next(found.life(s.api.table, d), ticket.Left(d.Message), s.now())
	switch next {
	case ticket.Create:
		return s.create(ctx, d)
	case ticket.Leave:
		return left(found, d, why), nil
	case ticket.Resume:
		return receipt(found, d), nil
	case ticket.OpenAgain:
		maps.Copy(changes, s.opening)
	}
	if next != ticket.Refresh {
		if by, _ := toldBy(found.Told); by == d.Key { // in an attempt before this one
			return receipt(found, d), nil
		}
		if err := s.await(d); err != nil {
			return sinks.Receipt{}, err
		}
		changes[columnNotes] = columns[columnNotes]
		changes[columnTold] = told(openedBy(found.Told), d.Key, 1)
	}
	changed, err := s.api.update(ctx, found.ID, changes)
	if err == nil && next == ticket.OpenAgain && !changed.open(s.api.table) {
		err = &sinks.Failure{Verdict: sinks.Hold, Err: fmt.Errorf("ServiceNow left %s closed: give reopen-fields what the table asks for, or set ticket.reopen: never", changed.ref())}
	}
	if err != nil {
		return sinks.Receipt{}, err
	}
	return receipt(changed, d), nil
}

// left is the receipt of a message for which nothing is done.
func left(found *row, d *sinks.Delivery, why string) sinks.Receipt {
	if found == nil {
		return sinks.Receipt{Notes: []string{why}}
	}
	r := receipt(found, d)
	r.Notes = []string{found.ref() + ": " + why}
	return r
}

// await returns an error while an attempt whose answer was lost may still be under way at the instance: what it adds, this one would add
// again.
func (s *sink) await(d *sinks.Delivery) error {
	rest := settle - s.now().Sub(d.Unsure)
	if d.Unsure.IsZero() || rest <= 0 {
		return nil
	}
	return &sinks.Failure{Verdict: sinks.Await, Wait: rest, Err: errors.New("an attempt ended without an answer: ServiceNow may still be at it")}
}

// create opens a record, with the first note.
func (s *sink) create(ctx context.Context, d *sinks.Delivery) (sinks.Receipt, error) {
	if err := s.await(d); err != nil {
		return sinks.Receipt{}, err
	}
	members := map[string]string{columnName: s.ticket.Name(d), columnTold: told(d.Key, d.Key, 1)}
	if _, set := s.fields[columnOpened]; !set {
		members[columnOpened] = s.now().UTC().Format(moment)
	}
	extra, refused := customColumns(d.Message.Custom())
	maps.Copy(extra, s.fields)
	asked := slices.Sorted(maps.Keys(extra))
	made, has, err := s.api.create(ctx, d.Part.Body, members, asked)
	if err != nil {
		return sinks.Receipt{}, err
	}
	r := receipt(made, d)
	if len(refused) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("the template says %s, which are no columns that can be set: left out", strings.Join(refused, ", ")))
	}
	var missing []string
	for _, name := range asked {
		if _, ok := has[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("the table %s has no column %s: left out", s.api.table, strings.Join(missing, ", ")))
	}
	if made.Name != members[columnName] {
		r.Notes = append(r.Notes, fmt.Sprintf("%s has no correlation_id: a repeated message will open another record", made.ref()))
	}
	return r, nil
}

// current returns the record that this message was about in the step before.
func (s *sink) current(ctx context.Context, d *sinks.Delivery) (*row, error) {
	if id := d.Last.Keep[keepID]; d.Last.Keep[keepFor] == d.Key && systemID.MatchString(id) {
		return s.api.record(ctx, id)
	}
	return s.api.find(ctx, s.ticket.Name(d))
}

// note adds the nth work note of the message, unless the record has it, or was left alone.
func (s *sink) note(ctx context.Context, d *sinks.Delivery, columns map[string]string, n int) (sinks.Receipt, error) {
	r, err := s.current(ctx, d)
	if err != nil || r == nil {
		return sinks.Receipt{}, err
	}
	if by, notes := toldBy(r.Told); by == d.Key && notes < n {
		if err := s.await(d); err != nil {
			return sinks.Receipt{}, err
		}
		r, err = s.api.update(ctx, r.ID, map[string]string{columnNotes: columns[columnNotes], columnTold: told(openedBy(r.Told), d.Key, n)})
		if err != nil {
			return sinks.Receipt{}, err
		}
	}
	return receipt(r, d), nil
}

// close closes the record, unless it is closed, or somebody left it to stand.
func (s *sink) close(ctx context.Context, d *sinks.Delivery, columns map[string]string) (sinks.Receipt, error) {
	r, err := s.current(ctx, d)
	if err != nil || r == nil {
		return sinks.Receipt{}, err
	}
	if !r.open(s.api.table) {
		return receipt(r, d), nil
	}
	changed, err := s.api.update(ctx, r.ID, columns)
	if err != nil {
		return sinks.Receipt{}, err
	}
	if changed.State != columns[columnState] {
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Hold, Err: fmt.Errorf(
			"ServiceNow left %s in state %q: give ticket.transition a state that it can have, and close-fields what the table asks for", changed.ref(), s.api.client.Redactor().Quote([]byte(changed.State)))}
	}
	return receipt(changed, d), nil
}
