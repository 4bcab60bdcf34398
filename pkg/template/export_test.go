package template

// Limit lets a template do less for one document, so that tests need not do all that is allowed.
func (t *Template) Limit(calls int) { t.work = calls * perCall }
