package nexusiqtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// maxName bounds public IDs and names, in characters (unverified).
const maxName = 200

// create makes an application (API: addApplication, which answers 200).
func (s *Server) create(r *http.Request, body []byte) answer {
	var a Application
	if refused := decode(r, body, &a); refused != nil {
		return *refused
	}
	switch {
	case a.ID != "" || a.PublicID == "" || a.Name == "" || a.Organization == "":
		return text(http.StatusBadRequest, "publicId, name and organizationId are needed, and nothing else")
	case len(a.PublicID) > maxName || len(a.Name) > maxName:
		return text(http.StatusBadRequest, "The name is longer than %d characters", maxName)
	case strings.ContainsAny(a.PublicID, " ./:?#%&<>\"\\"): // (unverified: which signs there are)
		return text(http.StatusBadRequest, "The application ID has invalid characters")
	case a.Organization != Organization: // (unverified: 404 is as likely)
		return text(http.StatusBadRequest, "Organization with ID %s does not exist", a.Organization)
	}
	for _, other := range s.applications {
		// IDs and names are unique: creating one that there is answers 400. (unverified: whether case counts)
		if strings.EqualFold(other.PublicID, a.PublicID) || strings.EqualFold(other.Name, a.Name) {
			return text(http.StatusBadRequest, "An application with ID %s exists already", a.PublicID)
		}
	}
	return answer{http.StatusOK, s.add(a)}
}

// decode reads a JSON body without unknown members; the answer is nil when it could.
func decode(r *http.Request, body []byte, into any) *answer {
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media != "application/json" {
		refused := text(http.StatusUnsupportedMediaType, "Unsupported Media Type")
		return &refused
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || d.More() {
		refused := text(http.StatusBadRequest, "Unable to process JSON: %v", err)
		return &refused
	}
	return nil
}

// scan takes a bill of materials (API and help: the internal ID, cyclonedx or spdx, five stages, application/json for JSON).
func (s *Server) scan(r *http.Request, internal, source string, body []byte) answer {
	stage := "build" // (API: the default)
	if given := r.URL.Query().Get("stageId"); given != "" {
		stage = given
	}
	i := slices.IndexFunc(s.applications, func(a Application) bool { return a.ID == internal })
	switch {
	case r.Method != http.MethodPost:
		return text(http.StatusMethodNotAllowed, "Method Not Allowed")
	case i < 0:
		return text(http.StatusNotFound, "Application with ID %s does not exist", internal)
	case source != "cyclonedx":
		return text(http.StatusBadRequest, "Unsupported source %s", source)
	case !slices.Contains([]string{"develop", "build", "stage-release", "release", "operate"}, stage):
		return text(http.StatusBadRequest, "Unknown stage %s", stage)
	}
	var b bill
	if refused := decode(r, body, &b); refused != nil {
		return *refused
	}
	if why := b.fault(); why != "" {
		return text(http.StatusBadRequest, "The SBOM is not valid: %s", why)
	}
	taken := &Scan{
		Application: s.applications[i].PublicID, Stage: stage, Body: body, internal: internal, polls: s.polls,
		id: fmt.Sprintf("9cee2b6366fc4d328edc%012x", len(s.scans)+1),
	}
	s.scans = append(s.scans, taken)
	// The address is relative to the server's. (help: its example)
	return answer{http.StatusAccepted, map[string]any{"statusUrl": "api/v2/scan/applications/" + internal + "/status/" + taken.id}}
}

// status returns how a scan was judged (API: getScanStatus: 404 is that it is not over).
func (s *Server) status(r *http.Request, internal, id string) answer {
	i := slices.IndexFunc(s.scans, func(scan *Scan) bool { return scan.id == id && scan.internal == internal })
	switch {
	case r.Method != http.MethodGet:
		return text(http.StatusMethodNotAllowed, "Method Not Allowed")
	case i < 0:
		return text(http.StatusNotFound, "Not Found")
	case s.scans[i].polls > 0:
		s.scans[i].polls--
		return text(http.StatusNotFound, "The evaluation is not over")
	}
	counters := map[string]int{"critical": 1, "severe": 2, "moderate": 3}
	action := s.action
	if action == "" {
		action = "None"
	}
	report := "ui/links/application/" + s.scans[i].Application + "/report/" + id
	said := map[string]any{
		"policyAction": action, "reportHtmlUrl": report, "reportPdfUrl": report + "/pdf",
		"reportDataUrl": "api/v2/applications/" + s.scans[i].Application + "/reports/" + id + "/raw", "embeddableReportHtmlUrl": report + "/embeddable",
		"isError": s.errorText != "", "componentsAffected": counters, "openPolicyViolations": counters, "legacyViolations": 0, "grandfatheredPolicyViolations": 0,
	}
	if s.errorText != "" {
		said["errorMessage"] = s.errorText
	}
	return answer{http.StatusOK, said}
}
