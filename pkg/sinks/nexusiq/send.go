package nexusiq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/bom"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// apiApplications and apiScans are paths of the REST interface.
const (
	apiApplications = "api/v2/applications"
	apiScans        = "api/v2/scan/applications/"
)

// maxApplications is how many bytes an answer that lists applications or organisations may have.
const maxApplications = 4 << 20

// What a receipt keeps: for which message and part it is, the application's internal ID, and the number of the scan.
const (
	keepFor         = "for"
	keepPart        = "part"
	keepApplication = "application"
	keepRequest     = "request"
)

// sink sends to one server.
type sink struct {
	planner
	client       *sinks.Client
	url          sinks.Secret
	organization string
	stage        string
}

// Send makes one step: it sends a bill of materials, to an application that it creates where there is none, or asks for the outcome.
func (s *sink) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	step, n := stepOf(d.Part.Name, d.Message)
	if step == stepConnection {
		_, err := s.Check(ctx)
		return sinks.Receipt{}, err
	}
	if n < 0 {
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Dead, Err: fmt.Errorf("there is no part %s: please report it", d.Part.Name)}
	}
	section := &d.Message.Sections[n]
	send := s.scan
	if step == stepEvaluation {
		send = s.evaluation
	}
	receipt, err := send(ctx, d, section)
	if verdict, _ := sinks.Judge(err); err != nil && verdict == sinks.Dead && len(d.Message.Sections) > 1 {
		err = &sinks.Failure{Verdict: sinks.Dead, Alone: true, Err: fmt.Errorf("%s: %w", s.pattern.publicID(section), err)}
	}
	return receipt, err
}

// ticket is the answer to a scan.
type ticket struct {
	StatusURL string `json:"statusUrl"`
}

// scan sends the bill of materials of a section. When it is sent again because the answer was lost, the server has two reports of the
// same content, of which the later is the application's latest.
func (s *sink) scan(ctx context.Context, d sinks.Delivery, section *message.Section) (sinks.Receipt, error) {
	if err := s.refuses(section); err != nil {
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Dead, Err: err}
	}
	publicID := s.pattern.publicID(section)
	at, err := s.application(ctx, publicID)
	if err != nil {
		return sinks.Receipt{}, err
	}
	said, err := s.client.Do(ctx, sinks.Request{
		Method: http.MethodPost, Path: apiScans + url.PathEscape(at.ID) + "/sources/" + sourceCycloneDX, Query: url.Values{"stageId": {s.stage}},
		MediaType: d.Part.MediaType, Body: d.Part.Body,
	})
	if err != nil {
		return sinks.Receipt{}, err
	}
	var t ticket
	if err := said.JSON("Nexus IQ", &t); err != nil {
		return sinks.Receipt{}, err
	}
	request := t.StatusURL[strings.LastIndexByte(t.StatusURL, '/')+1:]
	if !isID(request) {
		return sinks.Receipt{}, fmt.Errorf("HTTP %d, but the answer names no scan: is a proxy between?", said.Status)
	}
	return sinks.Receipt{
		Ref: publicID, Notes: s.notes(at, section),
		Keep: map[string]string{keepFor: d.Key, keepPart: d.Part.Name, keepApplication: at.ID, keepRequest: request},
	}, nil
}

// notes returns what people should know of a scan that was sent.
func (s *sink) notes(at application, section *message.Section) []string {
	var list []string
	if at.Organization != "" && at.Organization != s.organization {
		list = append(list, "the application "+at.PublicID+" is in another organisation of Nexus IQ than organization-id says")
	}
	if section.Custom != nil {
		list = append(list, sinks.TemplateIgnored("Nexus IQ takes bills of materials"))
	}
	if bom.Empty(section) {
		list = append(list, "the scan lists no packages: the bill of materials is empty")
	}
	return list
}

// application is one of the server's.
type application struct {
	ID           string `json:"id,omitzero"`
	PublicID     string `json:"publicId"`
	Name         string `json:"name"`
	Organization string `json:"organizationId"`
}

// application returns the application of that public ID, and creates it where there is none.
func (s *sink) application(ctx context.Context, publicID string) (application, error) {
	found, err := s.find(ctx, publicID)
	if err != nil || found.ID != "" {
		return found, err
	}
	made, err := s.create(ctx, publicID)
	if refused, ok := errors.AsType[*sinks.HTTPError](err); ok && refused.Status == http.StatusBadRequest {
		// Another run may have made it meanwhile; otherwise what was refused says more than that it is not there.
		if found, again := s.find(ctx, publicID); again == nil && found.ID != "" {
			return found, nil
		}
	}
	return made, err
}

// find returns the application of that public ID, the zero value when there is none.
func (s *sink) find(ctx context.Context, publicID string) (application, error) {
	said, err := s.client.Do(ctx, sinks.Request{Path: apiApplications, Query: url.Values{"publicId": {publicID}}, MaxAnswer: maxApplications})
	if err != nil {
		return application{}, err
	}
	var list struct {
		Applications *[]application `json:"applications"`
	}
	if err := said.JSON("Nexus IQ", &list); err != nil {
		return application{}, err
	}
	if list.Applications == nil {
		return application{}, fmt.Errorf("HTTP %d, but the answer lists no applications: is the url that of Nexus IQ?", said.Status)
	}
	for _, a := range *list.Applications {
		if strings.EqualFold(a.PublicID, publicID) && isID(a.ID) {
			return a, nil
		}
	}
	return application{}, nil
}

// create makes an application in the organisation.
func (s *sink) create(ctx context.Context, publicID string) (application, error) {
	body, err := json.Marshal(application{PublicID: publicID, Name: publicID, Organization: s.organization})
	if err != nil {
		return application{}, &sinks.Failure{Verdict: sinks.Dead, Err: err}
	}
	said, err := s.client.Do(ctx, sinks.Request{Method: http.MethodPost, Path: apiApplications, MediaType: mediaType, Body: body})
	if err != nil {
		return application{}, err
	}
	var made application
	if err := said.JSON("Nexus IQ", &made); err != nil {
		return application{}, err
	}
	if !isID(made.ID) {
		return application{}, fmt.Errorf("HTTP %d, but the answer names no application: is a proxy between?", said.Status)
	}
	return made, nil
}
