// Package scan reads the output of scanners: a stream of JSON documents in, one [Document] at a time out, each with the
// [Report]s it holds.
//
// The reader cuts the stream into documents (NDJSON, concatenated values, arrays, log lines around the JSON), decodes them in
// parallel, and hands them on in the order of the input. What turns a document into reports is a [Format]: a folder beside this
// package for each scanner, a table of them in package formats, handed over in [Options]. Nothing here knows a scanner, what is
// new, who is told, or how a message looks.
package scan
