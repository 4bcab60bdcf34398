package config

import (
	"encoding"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/sinks"
)

// hidden stands for a secret.
const hidden = "***"

// show adds a key with what holds: its value, else its default; nothing where there is neither.
func show(to *yaml.Node, s slot, key string) {
	v, set := s.to, false
	if m, ok := v.Addr().Interface().(marked); ok {
		set, v = v.FieldByName("Set").Bool(), m.inner()
	}
	var n *yaml.Node
	if set || !v.IsZero() || v.Kind() == reflect.Struct {
		n = shown(v)
	}
	if n == nil && s.standard != "" {
		n = standardNode(s)
	}
	if n != nil {
		add(to, scalar(key), n)
	}
}

// shown returns a value as a file has it, nil where there is nothing to write.
func shown(v reflect.Value) *yaml.Node {
	switch place := v.Addr().Interface().(type) {
	case *retired, *sequence:
		return nil
	case *sinks.Secret:
		return secret(*place)
	case *Code:
		if place.Text == "" {
			return nil
		}
		return scalar(place.Text)
	case *Params:
		n := &yaml.Node{}
		if n.Encode(*place) != nil {
			return nil // what came from YAML can be written as YAML
		}
		return n
	case *time.Duration:
		return plainNode(duration(*place))
	case *days:
		return plainNode(duration(time.Duration(*place)))
	case *megabytes:
		return plainNode(size(int64(*place)))
	case encoding.TextMarshaler:
		text, err := place.MarshalText()
		if err != nil || v.IsZero() && v.Kind() == reflect.Struct {
			return nil
		}
		if d, err := time.ParseDuration(string(text)); err == nil {
			return plainNode(duration(d))
		}
		return scalar(string(text))
	}
	return shownKind(v)
}

// shownKind returns what shown does, for values that no type of their own tells apart.
func shownKind(v reflect.Value) *yaml.Node {
	n := &yaml.Node{}
	switch v.Kind() {
	case reflect.Pointer:
		return shown(v.Elem())
	case reflect.Struct:
		n.Kind = yaml.MappingNode
		for _, s := range slots(group{to: v.Addr().Interface()}) {
			show(n, s, s.key)
		}
	case reflect.Map:
		n.Kind = yaml.MappingNode
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			add(n, scalar(key.String()), shown(addressable(v.MapIndex(key))))
		}
	case reflect.Slice:
		n.Kind, n.Style = yaml.SequenceNode, yaml.FlowStyle
		for i := range v.Len() {
			item := shown(v.Index(i))
			n.Content = append(n.Content, item)
			if item.LineComment != "" {
				n.Style = 0 // a line for each, and its comment
			}
		}
	case reflect.String:
		return scalar(v.String())
	default:
		return plainNode(fmt.Sprint(v.Interface()))
	}
	if len(n.Content) == 0 {
		return nil
	}
	return n
}

// addressable copies a value to where it has an address.
func addressable(v reflect.Value) reflect.Value {
	place := reflect.New(v.Type()).Elem()
	place.Set(v)
	return place
}

// secret hides a secret. A reference that is all of it is none; of others, what they refer to is said beside it.
func secret(s sinks.Secret) *yaml.Node {
	written := s.Reveal()
	if written == "" {
		return nil
	}
	_, names, _ := Expand(written, nil) // without an environment all of them are missing
	if len(names) == 1 && (written == "$"+names[0] || written == "${"+names[0]+"}") {
		return scalar(written)
	}
	if path, ok := strings.CutPrefix(written, fileScheme); ok && (filepath.IsAbs(path) || strings.HasPrefix(path, "${")) {
		return scalar(written)
	}
	n := scalar(hidden)
	if len(names) > 0 {
		n.LineComment = "with $" + strings.Join(names, ", $")
	}
	return n
}

// standardNode returns the default of a place.
func standardNode(s slot) *yaml.Node {
	switch standard := standardValue(s).(type) {
	case []string:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range standard {
			n.Content = append(n.Content, scalar(item))
		}
		return n
	case string:
		return scalar(standard)
	}
	return plainNode(s.standard)
}

// plainNode returns a number, true or false, or another text that YAML needs no quotes for.
func plainNode(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// duration writes a duration as a file has it: in days where it is some, without what is zero.
func duration(d time.Duration) string {
	const day = 24 * time.Hour
	if d > 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// size writes a number of bytes in the largest unit that divides it.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	i := 0
	for n > 0 && n%1024 == 0 && i+1 < len(units) {
		n, i = n/1024, i+1
	}
	return strconv.FormatInt(n, 10) + units[i]
}
