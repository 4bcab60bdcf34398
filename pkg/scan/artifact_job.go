package scan

import (
	"net/url"
	"slices"
	"strings"
)

// Job is the CI job that a run is part of, as far as its environment tells. It gives a name to artifacts that a scanner knows by a
// place only. The zero value is no job.
type Job struct {
	// Repository is the repository that the job is about, as [RepositoryOf] spells it; "" when there is no job.
	Repository string
	// Checkout is the folder that holds the repository's files, "" when unknown.
	Checkout string
	// Source is the variable that names the repository: "GITHUB_REPOSITORY".
	Source string
	// URL is where the job's log can be read, "" when unknown.
	URL string
}

// JobOf returns the job that an environment describes: that of GitHub, GitLab, Azure Pipelines, Bitbucket or Jenkins. lookup
// returns a variable's value.
func JobOf(lookup func(name string) (string, bool)) Job {
	value := func(name string) string {
		v, _ := lookup(name)
		return strings.TrimSpace(v)
	}
	server := value("GITHUB_SERVER_URL")
	if server == "" {
		server = "https://github.com"
	}
	// joined is an address of what the environment has all parts of.
	joined := func(parts ...string) string {
		if slices.Contains(parts, "") {
			return ""
		}
		return strings.Join(parts, "")
	}
	for _, system := range [...]struct{ source, url, checkout, log string }{
		{"GITHUB_REPOSITORY", server + "/", "GITHUB_WORKSPACE", joined(server, "/", value("GITHUB_REPOSITORY"), "/actions/runs/", value("GITHUB_RUN_ID"))},
		{"CI_PROJECT_PATH", "https://" + value("CI_SERVER_HOST") + "/", "CI_PROJECT_DIR", value("CI_JOB_URL")},
		{
			"BUILD_REPOSITORY_URI", "", "BUILD_SOURCESDIRECTORY",
			joined(value("SYSTEM_COLLECTIONURI"), url.PathEscape(value("SYSTEM_TEAMPROJECT")), "/_build/results?buildId=", url.QueryEscape(value("BUILD_BUILDID"))),
		},
		{
			"BITBUCKET_REPO_FULL_NAME", "https://bitbucket.org/", "BITBUCKET_CLONE_DIR",
			joined("https://bitbucket.org/", value("BITBUCKET_REPO_FULL_NAME"), "/pipelines/results/", value("BITBUCKET_BUILD_NUMBER")),
		},
		{"GIT_URL", "", "WORKSPACE", value("BUILD_URL")},
	} {
		name := value(system.source)
		if name == "" {
			continue
		}
		if repository := RepositoryOf(system.url + name); repository != "" {
			return Job{Repository: repository, Checkout: value(system.checkout), Source: system.source, URL: system.log}
		}
	}
	return Job{}
}

// within returns where in the job's repository a place is: relative places are relative to it. It is false outside of it, and
// without a job.
func (j *Job) within(name string) (string, bool) {
	if j.Repository == "" {
		return "", false
	}
	if isAbsolute(name) {
		if j.Checkout == "" {
			return "", false
		}
		return below(name, j.Checkout)
	}
	return inside(name)
}
