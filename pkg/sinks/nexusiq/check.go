package nexusiq

import (
	"context"
	"fmt"

	"github.com/postee/postee/pkg/sinks"
)

// apiOrganizations is the path of the organisations that an account may see.
const apiOrganizations = "api/v2/organizations"

// unused is a public ID that no pattern of a scan makes by itself: it is only looked for.
const unused = "postee-targets-test"

// Check looks for the organisation, and whether applications can be looked up. It creates nothing, so that it cannot tell whether the
// account may add applications and evaluate them.
func (s *sink) Check(ctx context.Context) ([]string, error) {
	said, err := s.client.Do(ctx, sinks.Request{Path: apiOrganizations, MaxAnswer: maxApplications})
	if err != nil {
		return nil, err
	}
	var list struct {
		Organizations []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"organizations"`
	}
	if err := said.JSON("Nexus IQ", &list); err != nil {
		return nil, err
	}
	works := []string{"Nexus IQ takes the credentials"}
	for _, o := range list.Organizations {
		if o.ID != s.organization {
			continue
		}
		works = append(works, "the organisation is "+s.client.Redactor().Quote([]byte(o.Name)))
		if _, err := s.find(ctx, unused); err != nil {
			return works, err
		}
		return append(works, "applications can be looked up"), nil
	}
	return works, &sinks.Failure{Verdict: sinks.Hold, Err: fmt.Errorf(
		"organization-id: there is no organisation %s among the %d that the account may see", s.organization, len(list.Organizations))}
}
