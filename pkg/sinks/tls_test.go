package sinks

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secure is a server over TLS that keeps its complaints to itself.
func secure(t *testing.T) (server *httptest.Server, ca string) {
	t.Helper()
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return server, ca
}

func TestTLS(t *testing.T) {
	server, ca := secure(t)
	no, yes := false, true
	for name, c := range map[string]struct {
		config HTTP
		ok     bool
	}{
		"nothing said": {HTTP{}, false},
		"verified":     {HTTP{TLSVerify: &yes}, false},
		"tls_verify":   {HTTP{TLSVerify: &no}, true},
		"tls.verify":   {HTTP{TLS: TLS{Verify: &no}}, true},
		"ca_file":      {HTTP{TLS: TLS{CAFile: ca}}, true},
		"server_name":  {HTTP{TLS: TLS{CAFile: ca, ServerName: "example.com"}}, true},
		"another name": {HTTP{TLS: TLS{CAFile: ca, ServerName: "elsewhere.example"}}, false},
		"no such file": {HTTP{TLS: TLS{CAFile: ca + ".gone"}}, false},
		"no key":       {HTTP{TLS: TLS{CAFile: ca, CertFile: ca, KeyFile: ca}}, false},
	} {
		client, err := c.config.Client(Endpoint{URL: NewSecret(server.URL)}, Env{})
		if err != nil {
			t.Fatal(name, err)
		}
		for range 2 {
			_, err = client.Do(t.Context(), Request{Method: "POST", Body: []byte("x")})
			if (err == nil) != c.ok {
				t.Errorf("%s: %v", name, err)
			}
			if verdict, _ := Judge(err); err != nil && verdict != Hold {
				t.Errorf("%s: verdict %d for %v, want Hold", name, verdict, err)
			}
			var failure *Failure
			if file := name == "no such file" || name == "no key"; errors.As(err, &failure) != file {
				t.Errorf("%s: %v is a file's failure: %v", name, err, !file)
			}
		}
		if warned := len(c.config.Warnings()) > 0; warned != (name == "tls_verify" || name == "tls.verify") {
			t.Errorf("%s: warnings %q", name, c.config.Warnings())
		}
	}
}

func TestClientCertificate(t *testing.T) {
	server, ca := secure(t)
	key := filepath.Join(t.TempDir(), "key.pem")
	own := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) != 1 {
			t.Error("no certificate shown")
		}
	}))
	own.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	own.StartTLS()
	defer own.Close()
	// The test server's own key pair serves as the client's.
	der := pkcs8(t, server.TLS.Certificates[0].PrivateKey)
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := HTTP{TLS: TLS{CAFile: ca, CertFile: ca, KeyFile: key}}.Client(Endpoint{URL: NewSecret(own.URL)}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(t.Context(), Request{Method: "POST", Body: []byte("x")}); err != nil {
		t.Error(err)
	}
}

func TestProxy(t *testing.T) {
	asked, sent := 0, ""
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		sent = r.Header.Get("Proxy-Authorization")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, r.Header.Get("Proxy-Authorization")+" 5ecre7-and-long")
	}))
	defer proxy.Close()
	direct := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer direct.Close()
	address := strings.Replace(proxy.URL, "http://", "http://someone:5ecre7-and-long@", 1)
	environment := func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	for _, c := range []struct {
		proxy string
		env   Env
		asked int
	}{{"", Env{}, 0}, {"", Env{Proxy: environment}, 1}, {"none", Env{Proxy: environment}, 0}, {address, Env{}, 1}} {
		asked = 0
		client, err := HTTP{Proxy: NewSecret(c.proxy)}.Client(Endpoint{URL: NewSecret(direct.URL)}, c.env)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Do(t.Context(), Request{Method: "POST", Body: []byte("x")})
		if asked != c.asked || (err == nil) != (c.asked == 0) {
			t.Errorf("%q: the proxy was asked %d times, %v", c.proxy, asked, err)
		}
		if _, token, _ := strings.Cut(sent, " "); c.proxy == address &&
			(token == "" || strings.Contains(err.Error(), "5ecre7") || strings.Contains(err.Error(), token)) {
			t.Errorf("a secret in %v, or none in %q", err, sent)
		}
	}
}

// pkcs8 writes a private key as files hold it.
func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
