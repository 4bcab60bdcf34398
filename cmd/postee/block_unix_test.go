//go:build unix

package main

import (
	"bytes"
	"cmp"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// TestWhateverBlocksEnds: whatever a run waits for that never comes, the first signal and --deadline end it with their status.
func TestWhateverBlocksEnds(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	scanFile, err := filepath.Abs(filepath.Join(top, "testdata", "scans", "shop-api.json"))
	if err != nil {
		t.Fatal(err)
	}
	cases := blockedTargets(scanFile)
	maps.Copy(cases, map[string]func(t *testing.T, dir string, cmd *exec.Cmd) []string{
		"a configuration that is a pipe": func(t *testing.T, dir string, _ *exec.Cmd) []string {
			return []string{"--config", pipe(t, dir, "cfg.yaml"), scanFile}
		},
		"a secret that is a pipe": func(t *testing.T, dir string, _ *exec.Cmd) []string {
			write(t, dir, "cfg.yaml", "- {name: a, type: webhook, enable: true, url: \"file:"+pipe(t, dir, "secret")+"\"}\n")
			return []string{"--config", filepath.Join(dir, "cfg.yaml"), scanFile}
		},
		"a baseline that is a pipe": func(t *testing.T, dir string, _ *exec.Cmd) []string {
			return []string{"--baseline", pipe(t, dir, "base.json"), scanFile}
		},
		"an input that is a pipe": func(t *testing.T, dir string, _ *exec.Cmd) []string { return []string{pipe(t, dir, "in.json")} },
		"a standard input that says nothing": func(t *testing.T, _ string, cmd *exec.Cmd) []string {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _, _ = r.Close(), w.Close() })
			cmd.Stdin = r
			return []string{"-"}
		},
		"a reader of standard output that does not read": func(t *testing.T, dir string, cmd *exec.Cmd) []string {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _, _ = r.Close(), w.Close() })
			cmd.Stdout = w
			write(t, dir, "many.ndjson", generation(3000, 1))
			return []string{filepath.Join(dir, "many.ndjson")}
		},
		"a state that another process has locked": func(t *testing.T, dir string, _ *exec.Cmd) []string {
			store, err := boltfile.Open(t.Context(), boltfile.Options{Path: filepath.Join(dir, "state.db")})
			if err != nil {
				t.Fatal(err)
			}
			held, free := make(chan struct{}), make(chan struct{})
			go func() {
				_ = store.View(t.Context(), func(state.Tx) error { close(held); <-free; return nil })
			}()
			<-held
			t.Cleanup(func() { close(free) })
			return []string{scanFile, "--lock-timeout", "1h"}
		},
		"a state that is a pipe": func(t *testing.T, dir string, _ *exec.Cmd) []string {
			pipe(t, dir, "state.db")
			return []string{scanFile}
		},
		"a policy that is a pipe": func(t *testing.T, dir string, _ *exec.Cmd) []string {
			write(t, dir, "cfg.yaml", "- {name: a, type: webhook, enable: true, url: \"http://127.0.0.1:1\", Policy-OPA: [\""+pipe(t, dir, "p.rego")+"\"]}\n")
			return []string{"--config", filepath.Join(dir, "cfg.yaml"), scanFile}
		},
		"a policy that does not end": func(t *testing.T, dir string, _ *exec.Cmd) []string {
			list := "[" + strings.Repeat("1, ", 999) + "1]"
			write(t, dir, "p.rego", "package postee\n\nn := "+list+"\n\nallow if count([1 | some a in n; some b in n; some c in n; some d in n; a + b + c + d == 5]) == 1\n")
			write(t, dir, "cfg.yaml", "- {name: a, type: webhook, enable: true, url: \"http://127.0.0.1:1\", Policy-OPA: [\""+filepath.Join(dir, "p.rego")+"\"]}\n")
			return []string{"--config", filepath.Join(dir, "cfg.yaml"), scanFile}
		},
	})
	atOnce := map[string]int{"a target that switches protocols": exitUndelivered, "a state that is a pipe": exitState} // what is refused
	for name, arrange := range cases {
		for how, want := range map[string]int{"a signal": 143, "a deadline": exitUndelivered} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				want := cmp.Or(atOnce[name], want)
				// A signal before the program listens to any ends it without a status: a slow machine gets more time.
				for listening := 500 * time.Millisecond; ; listening *= 2 {
					got, took, out := blocked(t, binary, arrange, how == "a signal", listening)
					if got == -1 {
						continue
					}
					if how == "a signal" && got == 143 && want != got && listening < 2*time.Minute {
						continue // the signal came before the answer
					}
					t.Logf("ended with %d after %v", got, took)
					if got != want {
						t.Errorf("ended with %d, want %d\n%s", got, want, out)
					}
					return
				}
			})
		}
	}
}

// blockedTargets are targets that keep a run waiting.
func blockedTargets(scanFile string) map[string]func(t *testing.T, dir string, cmd *exec.Cmd) []string {
	return map[string]func(t *testing.T, dir string, cmd *exec.Cmd) []string{
		"a target that does not answer": func(t *testing.T, _ string, _ *exec.Cmd) []string {
			return []string{scanFile, "--to", "webhook=" + answering(t, func(net.Conn) {})}
		},
		"a target that switches protocols": func(t *testing.T, _ string, _ *exec.Cmd) []string {
			return []string{scanFile, "--timeout", "1h", "--to", "webhook=" + answering(t, func(c net.Conn) {
				_, _ = c.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"))
			})}
		},
		"a target that always says: go on": func(t *testing.T, _ string, _ *exec.Cmd) []string {
			return []string{scanFile, "--to", "webhook=" + answering(t, func(c net.Conn) {
				for {
					if _, err := c.Write([]byte("HTTP/1.1 102 Processing\r\n\r\n")); err != nil {
						return
					}
				}
			})}
		},
		"a body that never ends": func(t *testing.T, _ string, _ *exec.Cmd) []string {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusInternalServerError)
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			}))
			t.Cleanup(server.CloseClientConnections)
			return []string{scanFile, "--to", "webhook=" + server.URL}
		},
		"trailers that never end": func(t *testing.T, _ string, _ *exec.Cmd) []string {
			return []string{scanFile, "--timeout", "1h", "--to", "webhook=" + answering(t, func(c net.Conn) {
				_, err := c.Write([]byte("HTTP/1.1 500 No\r\nTrailer: A\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"))
				for ; err == nil; time.Sleep(time.Millisecond) {
					_, err = c.Write([]byte("A: b\r\n"))
				}
			})}
		},
		"a handshake that is not answered": func(t *testing.T, _ string, _ *exec.Cmd) []string {
			return []string{scanFile, "--timeout", "1h", "--to", "webhook=" + strings.Replace(answering(t, func(net.Conn) {}), "http:", "https:", 1)}
		},
		"a file that another process has locked": func(t *testing.T, dir string, _ *exec.Cmd) []string {
			file, err := os.Create(filepath.Join(dir, "out.txt"))
			if err == nil {
				err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = file.Close() })
			write(t, dir, "cfg.yaml", "- {name: a, type: stdout, enable: true, file: \""+file.Name()+"\"}\n")
			return []string{"--config", filepath.Join(dir, "cfg.yaml"), "--timeout", "1h", scanFile}
		},
	}
}

// blocked runs send with what blocks, ends it by a signal after some time, or by a deadline, and returns the status, how long it took,
// and what was printed.
func blocked(t *testing.T, binary string, arrange func(*testing.T, string, *exec.Cmd) []string, signal bool, listening time.Duration) (int, time.Duration, []byte) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), binary)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Args = append(cmd.Args, "send", "--state", filepath.Join(dir, "state.db"))
	cmd.Args = append(cmd.Args, arrange(t, dir, cmd)...)
	cmd.Env = []string{"HOME=" + dir}
	if !signal {
		cmd.Args = append(cmd.Args, "--deadline", "1s")
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if signal {
		time.Sleep(listening)
		_ = cmd.Process.Signal(syscall.SIGTERM)
	}
	status := exitOf(cmd.Wait()) // a hang is found by the test's own limit
	return status, time.Since(began).Round(time.Millisecond), out.Bytes()
}

// pipe makes a named pipe that nobody writes to.
func pipe(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// answering is the URL of a server that reads what comes, answers as told, and keeps the connection.
func answering(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = c.Read(make([]byte, 1<<20))
				answer(c)
				<-t.Context().Done()
			}()
		}
	}()
	return "http://" + l.Addr().String()
}
