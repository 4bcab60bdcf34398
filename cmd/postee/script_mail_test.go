package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"
)

type mailboxesKey struct{}

// mailboxes are the mail servers of one script.
type mailboxes struct {
	dir    string
	mu     sync.Mutex
	byName map[string]*mailbox
}

// mailbox is one recording mail server: mail N is in NAME.N, without the encoding of its lines, and its recipient in NAME.N.to.
type mailbox struct {
	server *smtp.Server
	prefix string
	// asked, if not nil, is called with each recipient before the answer.
	asked func(to string)
	mu    sync.Mutex
	codes map[string]int
	got   []string
}

// newMailbox starts a mailbox whose mails are written to files that begin with prefix.
func newMailbox(prefix string, asked func(to string)) (box *mailbox, port string, err error) {
	listener, err := listen("127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	box = &mailbox{prefix: prefix, codes: make(map[string]int), asked: asked}
	box.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailDialogue{box: box}, nil }))
	box.server.Domain = "mail.example.com"
	go func() { _ = box.server.Serve(listener) }()
	_, port, err = net.SplitHostPort(listener.Addr().String())
	return box, port, err
}

// recipients are those whose mails were taken, in order.
func (box *mailbox) recipients() []string {
	box.mu.Lock()
	defer box.mu.Unlock()
	return slices.Clone(box.got)
}

func (m *mailboxes) close() {
	for _, box := range m.byName {
		_ = box.server.Close()
	}
}

// cmdMailbox is the script command mailbox:
//
//	mailbox start NAME              starts a mail server on loopback and sets $NAME to its port
//	mailbox refuse NAME ADDRESS CODE   answers with CODE to that recipient from now on; 250 takes them again
//	mailbox got NAME N [ADDRESS]    fails unless N mails were taken, for the recipient where one is given
func cmdMailbox(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mailbox start|refuse|got NAME …")
	}
	all := ts.Value(mailboxesKey{}).(*mailboxes)
	all.mu.Lock()
	defer all.mu.Unlock()
	box := all.byName[args[1]]
	if args[0] == "start" {
		box, port, err := newMailbox(filepath.Join(all.dir, args[1]), nil)
		ts.Check(err)
		all.byName[args[1]] = box
		ts.Setenv(args[1], port)
		return
	}
	if box == nil || len(args) < 3 {
		ts.Fatalf("mailbox %s was not started, or something is missing", args[1])
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	switch args[0] {
	case "refuse":
		code, err := strconv.Atoi(args[3])
		ts.Check(err)
		box.codes[args[2]] = code
	case "got":
		want, err := strconv.Atoi(args[2])
		ts.Check(err)
		n := 0
		for _, to := range box.got {
			if len(args) < 4 || to == args[3] {
				n++
			}
		}
		if n != want {
			ts.Fatalf("mailbox %s took %d mails %v, want %d: %v", args[1], n, args[3:], want, box.got)
		}
	default:
		ts.Fatalf("mailbox: unknown %q", args[0])
	}
}

// mailDialogue is one connection to a mailbox.
type mailDialogue struct {
	box *mailbox
	to  string
}

func (d *mailDialogue) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt refuses whom the script said.
func (d *mailDialogue) Rcpt(to string, _ *smtp.RcptOptions) error {
	if d.box.asked != nil {
		d.box.asked(to)
	}
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	d.to = to
	if code := d.box.codes[to]; code >= 400 {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: "answer of the mailbox"}
	}
	return nil
}

// Data writes the mail down, with the soft ends of its lines taken out.
func (d *mailDialogue) Data(r io.Reader) error {
	mail, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	d.box.got = append(d.box.got, d.to)
	file := fmt.Sprintf("%s.%d", d.box.prefix, len(d.box.got))
	text := strings.NewReplacer("=\r\n", "", "\r\n", "\n").Replace(string(mail))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	return os.WriteFile(file+".to", []byte(d.to+"\n"), 0o600)
}

func (d *mailDialogue) Reset()        {}
func (d *mailDialogue) Logout() error { return nil }
