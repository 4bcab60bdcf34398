// Package servicenow opens records in ServiceNow through its Table API, incidents unless another table is asked for, and keeps them up
// to date.
//
// A record is found by its correlation_id. What it has been told stands in its correlation_display, which is written in the same request
// as the work note: a repeated message finds its note without reading the journal, which most users may not, and says nothing twice.
//
// Nothing but the Table API is used. Attachments would ask for another right, and for a type of file that the instance allows; the full
// report is work notes instead, in as many as it takes.
package servicenow
