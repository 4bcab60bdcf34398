// Package config reads cfg.yaml: a list of entries, each of which is a route with one target.
//
// The file is decoded to YAML nodes, and each entry's mapping is bound onto several structs at once: the entry's header, its
// [Filters] and the target's own configuration. Struct tags are the only list of keys, so that a key that none of the structs
// has is unknown; no target's key is named here. A tag is `cfg:"key"`, or `cfg:",inline"` for an embedded struct;
// `cfg:"key,literal"` keeps references out of a value that is a program or a template and uses dollar signs itself. Beside it stand
// `doc:"…"`, what the key means, `enum:"a,b"`, the words that it takes, and `default:"…"`, what holds without it: the JSON Schema and
// [Show] are made of them.
//
// Everything is strict, and every problem is found in one go, with line and column.
package config
