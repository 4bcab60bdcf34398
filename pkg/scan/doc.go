// Package scan reads what scanners said: a stream of JSON documents in, one [Document] at a time out, each with the [Report]s it holds.
//
// The reader frames documents in a stream (NDJSON, concatenated values, arrays, log lines around the JSON), decodes them in
// parallel, and hands them on in the order of the input. One file per format turns a document into reports. Nothing here
// knows what is new, who is told, or how a message looks.
package scan
