package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"sync"

	"github.com/go-json-experiment/json"
)

// baselines are the programs that this one is when its first argument says so: each does less than postee, on the same bytes.
var baselines = map[string]func(ctx context.Context, args []string) error{
	"decode-aqua":  decode[aquaFields],
	"decode-trivy": decode[trivyFields],
	"post":         post,
}

// aquaFields are what a finding needs of an image scan.
type aquaFields struct {
	Image     string `json:"image"`
	Registry  string `json:"registry"`
	Digest    string `json:"digest"`
	Resources []struct {
		Resource struct {
			Name    string `json:"name"`
			Path    string `json:"path"`
			Version string `json:"version"`
		} `json:"resource"`
		Vulnerabilities []struct {
			Name         string `json:"name"`
			Description  string `json:"description"`
			NVDURL       string `json:"nvd_url"`
			VendorURL    string `json:"vendor_url"`
			FixVersion   string `json:"fix_version"`
			AquaSeverity string `json:"aqua_severity"`
		} `json:"vulnerabilities"`
	} `json:"resources"`
}

// trivyFields are what a finding needs of a Trivy report.
type trivyFields struct {
	SchemaVersion              int
	ArtifactName, ArtifactType string
	Results                    []struct {
		Target, Class, Type string
		Vulnerabilities     []struct {
			VulnerabilityID, PkgName, InstalledVersion, FixedVersion, Severity, Title, PrimaryURL string
		}
	}
}

// decode decodes each line of a file into a T, on all processors, and does nothing with it.
func decode[T any](ctx context.Context, args []string) error {
	return eachLine(ctx, args[0], runtime.GOMAXPROCS(0), func(line []byte) error { return json.Unmarshal(line, new(T)) })
}

// inFlight is how many requests of the plain client are under way at a time.
const inFlight = 16

// post posts each line of a file to an address, over connections that stay.
func post(ctx context.Context, args []string) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}}
	return eachLine(ctx, args[1], inFlight, func(line []byte) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, args[0], bytes.NewReader(line))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return err
	})
}

// eachLine calls do with each line of a file, so many at a time, and returns the first error.
func eachLine(ctx context.Context, path string, workers int, do func(line []byte) error) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lines := make(chan []byte)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for line := range lines {
				if err := do(line); err != nil {
					cancel(fmt.Errorf("%s: %w", path, err))
				}
			}
		})
	}
	for line := range bytes.Lines(text) {
		if ctx.Err() == nil {
			lines <- line
		}
	}
	close(lines)
	all.Wait()
	return context.Cause(ctx)
}
