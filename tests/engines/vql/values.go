package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// An object: names in order, because its JSON text is matched.
type dict struct {
	names  []string
	values map[string]any
	// The place of the row that it came from, for the answer.
	row *place
}

type place struct {
	File string `json:"file,omitempty"`
	Row  int    `json:"row"`
}

func newDict() *dict { return &dict{values: map[string]any{}} }

func (d *dict) set(name string, value any) {
	if _, known := d.values[name]; !known {
		d.names = append(d.names, name)
	}
	d.values[name] = value
}

func (d *dict) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for n, name := range d.names {
		if n > 0 {
			out.WriteByte(',')
		}
		key, _ := json.Marshal(name)
		value, err := json.Marshal(d.values[name])
		if err != nil {
			return nil, err
		}
		out.Write(key)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// Reads JSON: objects in order, whole numbers as integers.
func decode(decoder *json.Decoder) (any, error) {
	t, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			out := newDict()
			for decoder.More() {
				name, err := decoder.Token()
				if err != nil {
					return nil, err
				}
				value, err := decode(decoder)
				if err != nil {
					return nil, err
				}
				out.set(name.(string), value)
			}
			_, err = decoder.Token()
			return out, err
		}
		out := []any{}
		for decoder.More() {
			value, err := decode(decoder)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		_, err = decoder.Token()
		return out, err
	case json.Number:
		if value, err := t.Int64(); err == nil {
			return value, nil
		}
		var unsigned uint64
		if err := json.Unmarshal([]byte(t.String()), &unsigned); err == nil {
			return unsigned, nil
		}
		return t.Float64()
	}
	return t, nil
}

func truth(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v > 0
	case uint64:
		return v > 0
	case float64:
		return v > 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	}
	return true
}

// Integers that fit, and Booleans, as a float beside the exact integer.
func numeric(value any) (exact int64, float float64, whole, ok bool) {
	switch v := value.(type) {
	case int64:
		return v, float64(v), true, true
	case bool:
		if v {
			return 1, 1, true, true
		}
		return 0, 0, true, true
	case float64:
		return 0, v, false, true
	}
	return 0, 0, false, false
}

func equal(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if x, ok := a.(string); ok {
		switch y := b.(type) {
		case string:
			return x == y
		}
		return false
	}
	if y, ok := b.(string); ok {
		if x, isBool := a.(bool); isBool {
			return (y == "TRUE") == x
		}
		return false
	}
	if x, ok := a.([]any); ok {
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for n := range x {
			if !equal(x[n], y[n]) {
				return false
			}
		}
		return true
	}
	i, x, iWhole, xOk := numeric(a)
	j, y, jWhole, yOk := numeric(b)
	if !xOk || !yOk {
		return false
	}
	if iWhole && jWhole {
		return i == j
	}
	return x == y
}

// a < b: between text and an integer true, whichever way it is asked.
func less(a, b any) bool {
	if x, ok := a.(string); ok {
		switch y := b.(type) {
		case string:
			return x < y
		case int64:
			return true
		}
		return false
	}
	if _, ok := a.(time.Time); ok {
		panic("order of times")
	}
	if _, isBool := a.(bool); isBool {
		return false
	}
	i, x, iWhole, xOk := numeric(a)
	j, y, jWhole, yOk := numeric(b)
	if !xOk || !yOk {
		return false
	}
	if iWhole && jWhole {
		return i < j
	}
	return x < y
}

func greater(a, b any) bool {
	if _, ok := a.(string); ok {
		if _, ok := b.(int64); ok {
			return true
		}
	}
	if x, ok := a.(string); ok {
		y, ok := b.(string)
		return ok && x > y
	}
	if _, ok := b.(string); ok {
		return false
	}
	return less(b, a)
}

var compiled = map[string]*regexp.Regexp{}

// =~: an invalid expression is logged and matches nothing; three patterns match everything, NULL included.
func matches(value, pattern any) bool {
	text, ok := pattern.(string)
	if !ok {
		return false
	}
	if text == "" || text == "." || text == ".*" {
		return true
	}
	regex, known := compiled[text]
	if !known {
		var err error
		if regex, err = regexp.Compile("(?i)" + text); err != nil {
			logged = append(logged, "Compile regexp: "+err.Error())
		}
		compiled[text] = regex
	}
	return regex != nil && found(value, regex)
}

func found(value any, regex *regexp.Regexp) bool {
	switch v := value.(type) {
	case string:
		return regex.MatchString(v)
	case int64, uint64, float64:
		return regex.MatchString(fmt.Sprintf("%v", v))
	case []any:
		for _, member := range v {
			if found(member, regex) {
				return true
			}
		}
	case *dict:
		text, err := json.Marshal(v)
		return err == nil && regex.Match(text)
	}
	return false
}

func in(value, container any) bool {
	switch c := container.(type) {
	case string:
		text, ok := value.(string)
		return ok && strings.Contains(c, text)
	case []any:
		for _, member := range c {
			if equal(value, member) {
				return true
			}
		}
	case *dict:
		name, ok := value.(string)
		_, known := c.values[name]
		return ok && known
	}
	return false
}

func member(value any, name string) any {
	switch v := value.(type) {
	case *dict:
		return v.values[name]
	case []any:
		var out []any
		for _, each := range v {
			if value := member(each, name); value != nil {
				out = append(out, value)
			}
		}
		if out == nil {
			return nil
		}
		return out
	case time.Time:
		switch name {
		case "UTC":
			return v.UTC()
		case "Year":
			return int64(v.Year())
		case "Day":
			return int64(v.Day())
		case "Hour":
			return int64(v.Hour())
		case "Minute":
			return int64(v.Minute())
		case "Unix":
			return v.Unix()
		}
	}
	return nil
}

func add(a, b any) any {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x + y
		}
	case []any:
		if y, ok := b.([]any); ok {
			return append(append([]any{}, x...), y...)
		}
	case int64:
		if y, ok := b.(int64); ok {
			return x + y
		}
	}
	return nil
}
