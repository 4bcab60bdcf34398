package jira

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// upload is what a site takes as attachments.
type upload struct {
	Enabled bool `json:"enabled"`
	// Limit is how many bytes a file may have, 0 where Jira does not say.
	Limit int64 `json:"uploadLimit"`
}

// upload returns what the site takes, which is read once a run.
func (j *site) upload(ctx context.Context) (upload, error) {
	j.cache.lock.Lock()
	known := j.cache.upload
	j.cache.lock.Unlock()
	if known != nil {
		return *known, nil
	}
	var said upload
	if err := j.get(ctx, "say what it takes as attachments", "attachment/meta", nil, &said); err != nil {
		return upload{}, err
	}
	j.cache.lock.Lock()
	defer j.cache.lock.Unlock()
	j.cache.upload = &said
	return said, nil
}

// attach is the part that attaches the full report, unless a file of its name is there already. A report that is larger than the site
// takes is compressed; what cannot be attached at all is said in a note, because the ticket is there.
func (j *site) attach(ctx context.Context, d *sinks.Delivery, w work) (sinks.Receipt, error) {
	if w.issue == "" || w.do == ticket.Leave {
		return w.receipt(j, d), nil
	}
	takes, err := j.upload(ctx)
	if err != nil {
		return sinks.Receipt{}, err
	}
	if !takes.Enabled {
		return w.receipt(j, d, w.issue+": attachments are switched off in this Jira: the full report is not attached"), nil
	}
	name, report := ticket.Prefix+d.Key+".html", d.Part.Body
	if takes.Limit > 0 && int64(len(report)) > takes.Limit {
		name, report = name+".gz", sinks.Compress(report)
	}
	if takes.Limit > 0 && int64(len(report)) > takes.Limit {
		return w.receipt(j, d, fmt.Sprintf("%s: the full report has %d bytes compressed, and this Jira takes %d: not attached", w.issue, len(report), takes.Limit)), nil
	}
	there, err := j.attached(ctx, w.issue, name)
	if err != nil {
		return sinks.Receipt{}, err
	}
	if !there {
		if err := j.send(ctx, w.issue, name, d.Part.MediaType, report); err != nil {
			return sinks.Receipt{}, err
		}
	}
	return w.receipt(j, d), nil
}

// attached reports whether an issue has a file of that name.
func (j *site) attached(ctx context.Context, key, name string) (bool, error) {
	var found struct {
		Fields struct {
			Attachment []struct {
				Filename string `json:"filename"`
			} `json:"attachment"`
		} `json:"fields"`
	}
	err := j.list(ctx, "list the attachments of "+key, "issue/"+url.PathEscape(key), url.Values{"fields": {"attachment"}}, &found)
	names := make([]string, len(found.Fields.Attachment))
	for i, a := range found.Fields.Attachment {
		names[i] = a.Filename
	}
	return slices.Contains(names, name), err
}

// send uploads one file. The boundary comes from the name, which has the message's key: no report has it in it.
func (j *site) send(ctx context.Context, key, name, mediaType string, file []byte) error {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.SetBoundary(boundary(name)); err != nil {
		return err
	}
	header := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {mediaType}}
	part, err := w.CreatePart(header)
	if err != nil {
		return err
	}
	// Neither can fail: the buffer takes everything.
	_, _ = part.Write(file)
	_ = w.Close()
	return j.exchange(ctx, "take the report as an attachment of "+key, sinks.Request{
		Method: http.MethodPost, Path: j.api() + "issue/" + url.PathEscape(key) + "/attachments", Header: http.Header{headerToken: {"no-check"}},
		MediaType: w.FormDataContentType(), Body: body.Bytes(),
	}, nil)
}

// boundary returns what stands between the parts of an upload: letters and digits of a name, as many as may be.
func boundary(name string) string {
	const most = 70
	var p []byte
	for i := range len(name) {
		if c := name[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' {
			p = append(p, c)
		}
	}
	return string(p[:min(len(p), most)])
}
