package sinks

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	no, yes := false, true
	good := Endpoint{URL: NewSecret("https://h")}
	headers := func(name string) HTTP { return HTTP{Headers: map[string][]Secret{name: {NewSecret("x")}}} }
	for want, c := range map[string]struct {
		http     HTTP
		endpoint Endpoint
	}{
		"": {HTTP{Proxy: NewSecret("socks5://p:1080"), TLS: TLS{Verify: &no, CAFile: "/ca"}, TLSVerify: &no}, good},
		"tls_verify: contradicts verify under tls: remove one of them":     {HTTP{TLS: TLS{Verify: &no}, TLSVerify: &yes}, good},
		"tls.ca_file: must be an absolute path":                            {HTTP{TLS: TLS{CAFile: "ca.pem"}}, good},
		"tls.key_file: missing: it belongs together with cert_file":        {HTTP{TLS: TLS{CertFile: "/c"}}, good},
		"tls.cert_file: missing: it belongs together with key_file":        {HTTP{TLS: TLS{KeyFile: "/k"}}, good},
		"proxy: must be none or begin with http://, https:// or socks5://": {HTTP{Proxy: NewSecret("5ecre7:3128")}, good},
		"url: missing":                                                           {},
		"api_url: names no host":                                                 {HTTP{}, Endpoint{URL: NewSecret("http:///5ecre7"), Key: "api_url"}},
		"headers.HOST: is set by postee: remove it":                              {headers("HOST"), good},
		"headers.x-mine: is set by postee: remove it":                            {headers("x-mine"), Endpoint{URL: good.URL, Reserved: []string{"X-Mine"}}},
		"headers.authorization: carries the credentials: remove one of them":     {headers("authorization"), Endpoint{URL: good.URL, Credentials: Credentials{Token: NewSecret("t")}}},
		"headers.X-api-key: carries the credentials: remove one of them":         {headers("X-api-key"), Endpoint{URL: good.URL, Credentials: Credentials{Token: NewSecret("t"), Header: "X-API-Key"}}},
		"token: has a blank, a control character or one that is not ASCII in it": {HTTP{}, Endpoint{URL: good.URL, Credentials: Credentials{Token: NewSecret("5ecre7\n")}}},
		"user: missing: a password needs a user":                                 {HTTP{}, Endpoint{URL: good.URL, Credentials: Credentials{Password: NewSecret("5ecre7")}}},
		"auth.password: missing: a user needs a password":                        {HTTP{}, Endpoint{URL: good.URL, Credentials: Credentials{User: "u", Under: "auth"}}},
		"url: missing; headers.b: the value has a line break or control character in it; timeout: must not be negative; tls.ca_file: must be an absolute path": {
			HTTP{Timeout: -1, TLS: TLS{CAFile: "x"}, Headers: map[string][]Secret{"a": nil, "b": {NewSecret("5ecre7\n")}}}, Endpoint{}},
	} {
		got := ""
		if err := Invalid(c.http.Validate(c.endpoint)); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestCredentials(t *testing.T) {
	token := NewSecret("5ecre7-and-long")
	for want, c := range map[string]Credentials{
		"": {},
		"Authorization: Basic dTo1ZWNyZTctYW5kLWxvbmc=": {User: "u", Password: token},
		"Authorization: Bearer 5ecre7-and-long":         {Token: token},
		"Authorization: Splunk 5ecre7-and-long":         {Token: token, Scheme: "Splunk"},
		"X-Api-Key: 5ecre7-and-long":                    {Token: token, Header: "X-Api-Key"},
		"X-Auth: Key 5ecre7-and-long":                   {Token: token, Header: "X-Auth", Scheme: "Key"},
	} {
		var got http.Header
		client := connect(t, Endpoint{Credentials: c}, func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Clone()
			w.WriteHeader(http.StatusForbidden)
			_ = r.Header.Write(w)
		})
		_, err := client.Do(t.Context(), Request{})
		name, value, _ := strings.Cut(want, ": ")
		if got.Get(name) != value || want == "" && got.Get("Authorization") != "" {
			t.Errorf("%q: %q", want, got)
		}
		if err == nil || strings.Contains(err.Error(), "5ecre7") || strings.Contains(err.Error(), "dTo1ZWNyZTct") {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// TestDrippingAnswers: an answer that comes byte by byte does not outlast the time limit of its attempt.
func TestDrippingAnswers(t *testing.T) {
	for what, begins := range map[string]string{
		"header": "HTTP/1.1 200 OK\r\nX-Slow: ",
		"body":   "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
		"error":  "HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\n\r\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			client, err := HTTP{Timeout: time.Minute}.Client(Endpoint{URL: NewSecret("http://h/")}, Env{})
			if err != nil {
				t.Fatal(err)
			}
			var server sync.WaitGroup
			defer server.Wait()
			client.http.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				server.Go(func() { drip(theirs, begins) })
				return ours, nil
			}
			began := time.Now()
			_, err = client.Do(t.Context(), Request{})
			if verdict, _ := Judge(err); err == nil || verdict != Retry || time.Since(began) != time.Minute {
				t.Errorf("%s: after %v: %v", what, time.Since(began), err)
			}
		})
	}
}

// drip reads a request, and answers a byte each second for as long as somebody takes it.
func drip(conn net.Conn, begins string) {
	defer conn.Close()
	_, err := http.ReadRequest(bufio.NewReader(conn))
	for text := begins; err == nil; text = "x" {
		_, err = io.WriteString(conn, text)
		time.Sleep(time.Second)
	}
}
