package teams

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

const headerSecret = "header-secret-0c4f1a"

// configure is a webhook behind a gateway that asks for a header.
func configure(format string) func(sinks.Secret, time.Duration) sinks.Config {
	return func(endpoint sinks.Secret, timeout time.Duration) sinks.Config {
		headers := map[string][]sinks.Secret{"X-Gateway": {sinks.NewSecret(headerSecret)}}
		return &Config{HTTP: sinks.HTTP{Timeout: timeout, Headers: headers}, URL: endpoint, Format: format}
	}
}

func TestFlowSuites(t *testing.T) {
	target := sinktest.Target{
		Config: configure(""), Secrets: []string{headerSecret}, Golden: "testdata/plans/adaptivecard", Update: os.Getenv("POSTEE_UPDATE") != "",
		Success: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) },
	}
	sinktest.Contract(t, target)
	sinktest.HTTP(t, target)
}

func TestConnectorSuites(t *testing.T) {
	target := sinktest.Target{
		Config: configure("MessageCard"), Secrets: []string{headerSecret}, Golden: "testdata/plans/messagecard", Update: os.Getenv("POSTEE_UPDATE") != "",
		Success: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("1")) },
	}
	sinktest.Contract(t, target)
	sinktest.HTTP(t, target)
}
