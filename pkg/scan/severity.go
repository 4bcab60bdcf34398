package scan

import (
	"fmt"
	"strings"
)

// Severity ranks a finding; a greater one is worse. Its numbers are stored on disk: they never change.
type Severity uint8

// Critical is the worst. Unknown ranks below negligible: nobody has said that it matters.
const (
	Unknown Severity = iota
	Negligible
	Low
	Medium
	High
	Critical
	// SeverityCount is the number of severities, for arrays indexed by one.
	SeverityCount = 6
)

var severityNames = [SeverityCount]string{"unknown", "negligible", "low", "medium", "high", "critical"}

// String returns the severity's name in lower case.
func (s Severity) String() string {
	if s < SeverityCount {
		return severityNames[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name, as ParseSeverity does.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}

// SeverityOf reads a scanner's spelling, whatever its case; what it does not know is Unknown.
// Spellings seen in real reports: lower case (Aqua), upper (Trivy), title (Grype), "Defcon1" (Clair), "danger" and "warning" (Starboard's checks).
func SeverityOf(s string) Severity {
	switch s { // by far most
	case "":
		return Unknown
	case "critical", "CRITICAL":
		return Critical
	case "high", "HIGH":
		return High
	case "medium", "MEDIUM":
		return Medium
	case "low", "LOW":
		return Low
	}
	switch {
	case strings.EqualFold(s, "critical"), strings.EqualFold(s, "defcon1"):
		return Critical
	case strings.EqualFold(s, "high"), strings.EqualFold(s, "danger"), strings.EqualFold(s, "important"):
		return High
	case strings.EqualFold(s, "medium"), strings.EqualFold(s, "moderate"), strings.EqualFold(s, "warning"):
		return Medium
	case strings.EqualFold(s, "low"):
		return Low
	case strings.EqualFold(s, "negligible"):
		return Negligible
	}
	return Unknown
}

// ParseSeverity reads a severity that a person wrote, in any case. The error lists the names there are.
func ParseSeverity(s string) (Severity, error) {
	name := strings.ToLower(strings.TrimSpace(s))
	for i, n := range severityNames {
		if n == name {
			return Severity(i), nil
		}
	}
	return Unknown, fmt.Errorf("unknown severity %q: one of critical, high, medium, low, negligible, unknown", s)
}
