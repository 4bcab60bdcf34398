package jiratest

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// stamp is how Jira writes times.
const stamp = "2006-01-02T15:04:05.000-0700"

// issue answers for one issue and what belongs to it.
func (j *Jira) issue(c *call) answer {
	at := slices.IndexFunc(j.issues, func(i *Issue) bool { return i.Key == c.at[1] || i.ID == c.at[1] })
	if at < 0 {
		return complain(404, "Issue does not exist or you do not have permission to see it.", nil)
	}
	i := j.issues[at]
	what := c.Method
	if len(c.at) > 2 {
		what += " " + c.at[2]
	}
	switch what {
	case "GET":
		return answer{200, j.shown(i)}
	case "PUT":
		return j.edit(c, i)
	case "GET comment":
		return j.comments(c, i)
	case "POST comment":
		return j.comment(c, i)
	case "POST attachments":
		return j.attach(c, i)
	case "GET transitions":
		return j.transitions(i)
	case "POST transitions":
		return j.transition(c, i)
	}
	return answer{405, nil}
}

// shown returns an issue as it is shown.
func (j *Jira) shown(i *Issue) object {
	fields := object{
		"labels": i.Labels(), "status": i.Status.shown(), "project": object{"key": Project, "id": "10000"}, "resolution": nil, "resolutiondate": nil,
		"summary": i.Fields["summary"], "description": i.Fields["description"],
	}
	if i.Resolution != "" {
		fields["resolution"] = object{"name": i.Resolution, "id": "1"}
		fields["resolutiondate"] = i.Resolved.Format(stamp)
	}
	files := []object{}
	for n, a := range i.Attachments {
		files = append(files, object{"id": strconv.Itoa(n), "filename": a.Name, "size": len(a.Content), "mimeType": a.MediaType})
	}
	fields["attachment"] = files
	return object{"id": i.ID, "key": i.Key, "fields": fields}
}

// edit changes fields; they must be on the screen too.
func (j *Jira) edit(c *call, i *Issue) answer {
	var body struct {
		Fields map[string]any `json:"fields"`
	}
	if !c.read(&body) || len(body.Fields) == 0 {
		return complain(400, "one of 'fields' or 'update' required", nil)
	}
	kind, _ := i.Fields["issuetype"].(map[string]any)
	fields := j.screens[str(kind["id"])]
	wrong := make(map[string]string)
	for id, value := range body.Fields {
		at := slices.IndexFunc(fields, func(f Field) bool { return f.ID == id })
		if at < 0 {
			wrong[id] = "Field '" + id + "' cannot be set. It is not on the appropriate screen, or unknown."
		} else if text := j.refuses(&fields[at], value); text != "" {
			wrong[id] = text
		}
	}
	if len(wrong) > 0 {
		return complain(400, "", wrong)
	}
	for id, value := range body.Fields {
		i.Fields[id] = value
	}
	return answer{204, nil}
}

// comments lists comments. [cloud] and [dc]: orderBy, created or -created.
func (j *Jira) comments(c *call, i *Issue) answer {
	all := make([]any, len(i.Comments))
	for n, body := range i.Comments {
		all[n] = object{"id": strconv.Itoa(10000 + n), "body": body, "created": time.Unix(int64(n), 0).UTC().Format(stamp)}
	}
	switch c.URL.Query().Get("orderBy") {
	case "-created":
		slices.Reverse(all)
	case "", "created", "+created":
	default:
		return complain(400, "The orderBy parameter is invalid.", nil)
	}
	said := j.list(c, "comments", all)
	page := said.body.(object)
	if !j.cloud {
		page["comments"] = page["values"]
		delete(page, "values")
		delete(page, "isLast")
	}
	return said
}

// comment takes one.
func (j *Jira) comment(c *call, i *Issue) answer {
	var body struct {
		Body any `json:"body"`
	}
	if !c.read(&body) {
		return complain(400, "Invalid request payload.", nil)
	}
	if text := j.text(&Field{ID: "description"}, body.Body); text != "" {
		return complain(400, "", map[string]string{"comment": text})
	}
	if Text(body.Body) == "" {
		return complain(400, "", map[string]string{"comment": "Comment body can not be empty!"})
	}
	i.Comments = append(i.Comments, body.Body)
	return answer{201, object{"id": strconv.Itoa(10000 + len(i.Comments)), "body": body.Body}}
}

// attach takes files. [cloud] and [dc]: the header against forged requests, parts that are named file, the limit of the site.
func (j *Jira) attach(c *call, i *Issue) answer {
	kind, of, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	switch {
	case c.Header.Get("X-Atlassian-Token") != "no-check":
		return answer{403, "XSRF check failed"}
	case err != nil || kind != "multipart/form-data":
		return answer{415, nil}
	case !j.uploads.Enabled:
		return complain(404, "Attachments are disabled.", nil)
	}
	var files []Attachment
	for r := multipart.NewReader(bytes.NewReader(c.body), of["boundary"]); ; {
		part, err := r.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart documents this very value.
			break
		}
		if err != nil {
			return complain(400, "The multipart data is malformed.", nil)
		}
		content, err := io.ReadAll(part)
		if err != nil || part.FormName() != "file" || part.FileName() == "" {
			return complain(400, "There is no part named file.", nil)
		}
		if int64(len(content)) > j.uploads.Limit {
			return complain(413, "The attachment is too large.", nil)
		}
		files = append(files, Attachment{part.FileName(), part.Header.Get("Content-Type"), content})
	}
	i.Attachments = append(i.Attachments, files...)
	shown := []object{}
	for _, f := range files {
		shown = append(shown, object{"filename": f.Name, "size": len(f.Content)})
	}
	return answer{http.StatusOK, shown}
}
