package sinks

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
)

// TLS is how a target's server is verified, and what it is shown. Paths are absolute; the files are read at the first request.
type TLS struct {
	// Verify is true unless it says false: then anybody on the way can pose as the server.
	Verify *bool `cfg:"verify" doc:"false lets anybody on the way pose as the server. Default: true."`
	// CAFile holds the authorities that are trusted instead of the system's, in PEM.
	CAFile string `cfg:"ca_file" doc:"Trusted authorities in PEM, an absolute path. Default: the system's."`
	// CertFile and KeyFile are what the server is shown, in PEM; both or neither.
	CertFile string `cfg:"cert_file" doc:"The certificate that the server is shown, in PEM, an absolute path."`
	KeyFile  string `cfg:"key_file" doc:"The key of cert_file, in PEM, an absolute path."`
	// ServerName is the name that the server's certificate must have; "" is the URL's host.
	ServerName string `cfg:"server_name" doc:"The name that the server's certificate must have. Default: the URL's host."`
}

// validate returns what contradicts itself.
func (t *TLS) validate() []Problem {
	var list []Problem
	for _, file := range []struct{ key, path, with, other string }{
		{"tls.ca_file", t.CAFile, "", ""},
		{"tls.cert_file", t.CertFile, t.KeyFile, "key_file"},
		{"tls.key_file", t.KeyFile, t.CertFile, "cert_file"},
	} {
		if file.path != "" && !filepath.IsAbs(file.path) {
			list = append(list, Problem{Key: file.key, Text: "must be an absolute path"})
		}
		if file.path == "" && file.with != "" {
			list = append(list, Problem{Key: file.key, Text: "missing: it belongs together with " + file.other})
		}
	}
	return list
}

// files reports whether something must be read first.
func (t *TLS) files() bool { return t.CAFile != "" || t.CertFile != "" }

// load reads the files into a configuration.
func (t *TLS) load(config *tls.Config) error {
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return errors.New(t.CAFile + " holds no certificate in PEM")
		}
	}
	if t.CertFile == "" {
		return nil
	}
	own, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	config.Certificates = []tls.Certificate{own}
	return err
}

// unverified reports whether the server's certificate is not looked at.
func (h HTTP) unverified() bool {
	return h.TLSVerify != nil && !*h.TLSVerify || h.TLS.Verify != nil && !*h.TLS.Verify
}

// Warnings says what is allowed and dangerous in the configuration, a sentence each.
func (h HTTP) Warnings() []string {
	if h.unverified() {
		return []string{"TLS verification is off: anybody on the way to the target can pose as it"}
	}
	return nil
}

// roundTripper makes the connections to one target. It does no I/O: files are read at the first request.
func (h HTTP) roundTripper(env Env) http.RoundTripper {
	proxy := env.Proxy
	switch h.Proxy.Reveal() {
	case "":
	case proxyNone:
		proxy = nil
	default:
		u, err := parseProxy(h.Proxy)
		proxy = func(*http.Request) (*url.URL, error) { return u, err }
	}
	t := transport(proxy)
	if h.unverified() || h.TLS.ServerName != "" || h.TLS.files() {
		t.TLSClientConfig = &tls.Config{ServerName: h.TLS.ServerName, InsecureSkipVerify: h.unverified()}
	}
	if !h.TLS.files() {
		return t
	}
	return &prepared{t, sync.OnceValue(func() error {
		if err := h.TLS.load(t.TLSClientConfig); err != nil {
			return &Failure{Verdict: Hold, Err: fmt.Errorf("tls: %w: mend the file, or name another", err)}
		}
		return nil
	})}
}

// prepared is a transport that has something to do before its first request.
type prepared struct {
	transport *http.Transport
	first     func() error
}

// RoundTrip makes one exchange.
func (p *prepared) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := p.first(); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return p.transport.RoundTrip(r)
}

// proxyNone is the proxy of a target that is asked directly, whatever the environment says.
const proxyNone = "none"

// parseProxy reads the URL of a proxy. Its errors never contain it, because it may hold a password.
func parseProxy(s Secret) (*url.URL, error) {
	u, err := url.Parse(s.Reveal())
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return nil, errors.New("must be none or begin with http://, https:// or socks5://")
	}
	return u, nil
}
