package scan

import (
	"slices"
	"strings"
	"testing"
)

func TestRepositoryOf(t *testing.T) {
	for url, want := range map[string]string{
		"https://git.shop.test/till/web.git":              "git.shop.test/till/web",
		"https://Git.Shop.test/till/Web/":                 "git.shop.test/till/Web",
		"https://u:secret@git.shop.test:443/till/web.git": "git.shop.test/till/web",
		"http://git.shop.test:80/till/web":                "git.shop.test/till/web",
		"https://git.shop.test:8443/till/web":             "git.shop.test:8443/till/web",
		"git@git.shop.test:till/web.git":                  "git.shop.test/till/web",
		"git@git.shop.test:/till/web.git/":                "git.shop.test/till/web",
		"git@git.shop.test:2022/web":                      "git.shop.test/2022/web",
		"git.shop.test:till/web":                          "git.shop.test/till/web",
		"git.shop.test:8443/till/web":                     "git.shop.test:8443/till/web",
		"ssh://git@git.shop.test:22/till/web.git":         "git.shop.test/till/web",
		"ssh://git@git.shop.test:2222/till/web":           "git.shop.test:2222/till/web",
		"git://git.shop.test:9418/till/web?x=1#main":      "git.shop.test/till/web",
		"git.shop.test/till/web":                          "git.shop.test/till/web",
		"https://intranet/till/web":                       "intranet/till/web",
		"till/web":                                        "",
		"../web":                                          "",
		"./web":                                           "",
		".":                                               "",
		"/srv/git/web.git":                                "",
		"file:///srv/git/web.git":                         "",
		"file://host/srv/web.git":                         "",
		"https://git.shop.test/":                          "",
		"https://":                                        "",
		`C:\till\web`:                                     "",
		"C:/till/web":                                     "",
		"":                                                "",
	} {
		got := RepositoryOf(url)
		if got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
		if again := RepositoryOf(got); again != got && strings.Contains(strings.SplitN(got, "/", 2)[0], ".") {
			t.Errorf("%q is spelt %q, and that %q", url, got, again)
		}
	}
}

func TestRepositoryArtifact(t *testing.T) {
	const url = "git@git.shop.test:till/web.git"
	for _, test := range []struct{ kind, name, url, want string }{
		{"repository", ".", url, "git.shop.test/till/web"},
		{"filesystem", "./", url, "git.shop.test/till/web"},
		{"repository", "/tmp/x81/web", url, "git.shop.test/till/web"},
		{"repository", `C:\agent\_work\1\s`, url, "git.shop.test/till/web"},
		{"repository", "../web", url, "git.shop.test/till/web"},
		{"repository", "clones/web", url, "git.shop.test/till/web"},
		{"repository", "charts/stock", url, "git.shop.test/till/web/charts/stock"},
		{"repository", "https://u@git.shop.test/till/web", "https://git.shop.test/till/web.git", "git.shop.test/till/web"},
		{"repository", "https://u@git.shop.test/till/web.git", "", "git.shop.test/till/web"},
		{"repository", "git.shop.test/till/web", "", "git.shop.test/till/web"},
		{"repository", "git.shop.test/till/web", "https://git.shop.test/till/web", "git.shop.test/till/web"},
		{"filesystem", "git.shop.test/till/web", "", "git.shop.test/till/web"},
		{"filesystem", "./sub/", "", "sub"},
		{"repository", "/srv/app/", "", "/srv/app"},
		{"filesystem", "/srv/app", "/srv/git/app.git", "/srv/app"},
		{"vm", "disk.img", "", "disk.img"},
	} {
		a := RepositoryArtifact(test.kind, test.name, test.url)
		if got := a.Subject(); got != test.want || strings.Contains(a.Name, "u@") {
			t.Errorf("%+v: %q, name %q", test, got, a.Name)
		}
	}
}

func TestIsImageID(t *testing.T) {
	id := "sha256:4bb4" + strings.Repeat("0", 60)
	for name, want := range map[string]bool{
		id: true, strings.TrimPrefix(id, "sha256:"): true, "4bb4": true, "4bb40000": true, "sha256:4bb400": true, "4bb": false,
		"4bb5": false, "cafe": false, "app": false, "": false, "4bb4:1": false, "4BB4": false,
	} {
		if got := IsImageID(name, id); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	if !IsImageID(id, "") || IsImageID("4bb4", "") {
		t.Error("an ID in full needs no other, a short one does")
	}
	if a := ImageArtifact(id); a.Repository != "" || a.Subject() != id {
		t.Errorf("%q", a.Subject())
	}
}

func TestJob(t *testing.T) {
	for _, test := range []struct {
		variables, repository, url string
	}{
		{"GITHUB_REPOSITORY=till/web", "github.com/till/web", ""},
		{"GITHUB_SERVER_URL=https://Git.Shop.test GITHUB_REPOSITORY=till/web GITHUB_RUN_ID=7", "git.shop.test/till/web", "https://Git.Shop.test/till/web/actions/runs/7"},
		{"CI_SERVER_HOST=git.shop.test CI_PROJECT_PATH=till/back/web CI_JOB_URL=https://git.shop.test/jobs/7", "git.shop.test/till/back/web", "https://git.shop.test/jobs/7"},
		{"CI_PROJECT_PATH=till/web", "", ""},
		{
			"BUILD_REPOSITORY_URI=https://till@dev.azure.test/till/p/_git/web SYSTEM_COLLECTIONURI=https://dev.azure.test/till/ SYSTEM_TEAMPROJECT=a/p BUILD_BUILDID=7",
			"dev.azure.test/till/p/_git/web", "https://dev.azure.test/till/a%2Fp/_build/results?buildId=7",
		},
		{"BITBUCKET_REPO_FULL_NAME=till/web BITBUCKET_BUILD_NUMBER=7", "bitbucket.org/till/web", "https://bitbucket.org/till/web/pipelines/results/7"},
		{"GIT_URL=git@git.shop.test:till/web.git BUILD_URL=https://ci.shop.test/7/", "git.shop.test/till/web", "https://ci.shop.test/7/"},
		{"GIT_URL=/srv/git/web.git", "", ""},
		{"HOME=/root", "", ""},
	} {
		values := map[string]string{}
		for _, v := range strings.Fields(test.variables) {
			name, value, _ := strings.Cut(v, "=")
			values[name] = value
		}
		job := JobOf(func(name string) (string, bool) { v, ok := values[name]; return v, ok })
		if job.Repository != test.repository || job.URL != test.url || (job.Source == "") != (test.repository == "") {
			t.Errorf("%s: %+v", test.variables, job)
		}
	}
}

// TestNameByJob holds which places get the name of the job's repository, and what is said about the others.
func TestNameByJob(t *testing.T) {
	job := Job{Repository: "git.shop.test/till/web", Checkout: "/builds/till/web", Source: "CI_PROJECT_PATH"}
	for _, test := range []struct {
		artifact Artifact
		want     string
		warned   bool
	}{
		{Artifact{Type: "filesystem", Name: "."}, job.Repository, false},
		{Artifact{Type: "repository", Name: "./charts/"}, job.Repository + "/charts", false},
		{Artifact{Type: "repository", Name: "/builds/till/web"}, job.Repository, false},
		{Artifact{Type: "filesystem", Name: "/builds/till/web/charts"}, job.Repository + "/charts", false},
		{Artifact{Type: "filesystem", Name: "/builds/till/website"}, "/builds/till/website", true},
		{Artifact{Type: "filesystem", Name: "../stock"}, "../stock", true},
		{Artifact{Type: "sbom", Name: "bom.json"}, job.Repository + "/bom.json", false},
		{ImageArtifact("out/till.tar"), job.Repository + "/out/till.tar", false},
		{ImageArtifact("sha256:" + strings.Repeat("a", 64)), "sha256:" + strings.Repeat("a", 64), true},
		{ImageArtifact("till/web:1"), "docker.io/till/web:1", false},
		{RepositoryArtifact("repository", ".", "https://git.shop.test/other"), "git.shop.test/other", false},
		{Artifact{Type: "vm", Name: "ami-0a1b2c"}, "ami-0a1b2c", false},
		{Artifact{Type: "kubernetes", Name: "Pod/p"}, "kubernetes:Pod/p", false},
	} {
		doc, r := &Document{Source: "a#1"}, &Report{Artifact: test.artifact}
		doc.nameArtifact(&r.Artifact, r, &Options{Job: job})
		if got := r.Artifact.Subject(); got != test.want || len(doc.Warnings) > 0 != test.warned {
			t.Errorf("%+v: %q, warnings %q", test.artifact, got, doc.Warnings)
		}
		if named := strings.HasPrefix(test.want, job.Repository); named != (len(doc.Notes) == 1) || r.Artifact.Name != test.artifact.Name {
			t.Errorf("%+v: notes %q, name %q", test.artifact, doc.Notes, r.Artifact.Name)
		}
		plain := &Document{Source: "a#1"}
		plain.nameArtifact(&test.artifact, r, &Options{})
		if place := test.warned || strings.HasPrefix(test.want, job.Repository); place != (len(plain.Warnings) == 1) {
			t.Errorf("%+v without a job: warnings %q", test.artifact, plain.Warnings)
		}
	}
}

func TestSubjectOf(t *testing.T) {
	for name, want := range map[string]string{
		"alpine":                                "docker.io/alpine:latest",
		"alpine:3.19":                           "docker.io/alpine:3.19",
		"docker.io/library/alpine:3.19":         "docker.io/alpine:3.19",
		" index.docker.io/library/alpine:3.19 ": "docker.io/alpine:3.19",
		"docker.io/alpine:3.19":                 "docker.io/alpine:3.19",
		"git@git.shop.test:till/web.git":        "git.shop.test/till/web",
		"https://git.shop.test/till/web/":       "git.shop.test/till/web",
		"Git.Shop.test/till/web":                "git.shop.test/till/web",
		"./charts/":                             "charts",
		".":                                     ".",
		"/srv/app/":                             "/srv/app",
		"kubernetes:till/Deployment/web":        "kubernetes:till/Deployment/web",
		"generic:0123456789abcdef":              "generic:0123456789abcdef",
	} {
		got := SubjectOf(name)
		if !slices.Contains(got, want) || got[0] != strings.TrimSpace(name) {
			t.Errorf("%q: %q has no %q", name, got, want)
		}
	}
}

// FuzzSubjectOf holds that every spelling leads to something that may be a subject.
func FuzzSubjectOf(f *testing.F) {
	for _, s := range []string{"git@h.test:a/b.git", "ssh://u@h:22/a/../b", "alpine:3@sha256:00", "C:/a", "://", "a:b:c/d@e", "", "\xff/\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		list := SubjectOf(name)
		for i, s := range list {
			if slices.Contains(list[:i], s) || len(s) > maxSubject || i > 0 && s == "" {
				t.Errorf("%q: %q", name, list)
			}
		}
		for _, kind := range []string{"repository", "filesystem", "sbom"} {
			a := RepositoryArtifact(kind, name, name)
			checkSubject(t, a)
			if !slices.Contains(list, a.Subject()) && a.Namespace == "" && a.Name != "" && WithoutUser(name) == name && strings.TrimSpace(name) == name {
				t.Errorf("%q: %q is not in %q", name, a.Subject(), list)
			}
		}
	})
}
