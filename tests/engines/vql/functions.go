package main

import (
	"encoding/json"
	"fmt"
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var logged []string

// Functions by name; what is not here is refused.
var functions = map[string]func(args map[string]any) any{
	"str": func(args map[string]any) any { return text(args["str"]) },
	"lowcase": func(args map[string]any) any {
		if args["string"] == nil {
			return ""
		}
		return strings.ToLower(text(args["string"]))
	},
	"parse_float": func(args map[string]any) any {
		value, err := strconv.ParseFloat(text(args["string"]), 64)
		if err != nil {
			return 0.0
		}
		return value
	},
	"regex_replace": func(args map[string]any) any {
		regex, err := regexp.Compile("(?i)" + text(args["re"]))
		if err != nil {
			return nil
		}
		return regex.ReplaceAllString(text(args["source"]), text(args["replace"]))
	},
	"cidr_contains": func(args map[string]any) any {
		ip := net.ParseIP(text(args["ip"]))
		ranges, ok := args["ranges"].([]any)
		if !ok {
			ranges = []any{args["ranges"]}
		}
		for _, each := range ranges {
			_, network, err := net.ParseCIDR(text(each))
			if err != nil {
				logged = append(logged, "cidr_contains: "+err.Error())
				return false
			}
			if ip != nil && network.Contains(ip) {
				return true
			}
		}
		return false
	},
	"timestamp": func(args map[string]any) any {
		given := args["epoch"]
		if given == nil {
			given = args["string"]
		}
		switch v := given.(type) {
		case int64:
			return time.Unix(v, 0)
		case float64:
			return time.Unix(0, int64(v*1e9))
		case string:
			for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02"} {
				if value, err := time.Parse(layout, v); err == nil {
					return value
				}
			}
		}
		return time.Time{}
	},
	"format": func(args map[string]any) any {
		values, ok := args["args"].([]any)
		if !ok {
			values = []any{args["args"]}
		}
		return fmt.Sprintf(text(args["format"]), values...)
	},
	"parse_json": func(args map[string]any) any {
		decoder := json.NewDecoder(strings.NewReader(text(args["data"])))
		decoder.UseNumber()
		value, err := decode(decoder)
		if err != nil {
			return nil
		}
		return value
	},
	"int": func(args map[string]any) any {
		switch v := args["int"].(type) {
		case int64:
			return v
		case float64:
			return int64(v)
		}
		value, _ := strconv.ParseInt(text(args["int"]), 0, 64)
		return value
	},
	"len": func(args map[string]any) any {
		switch v := args["list"].(type) {
		case []any:
			return int64(len(v))
		case string:
			return int64(len(v))
		case *dict:
			return int64(len(v.names))
		}
		return int64(0)
	},
	"get": func(args map[string]any) any { return member(args["item"], text(args["member"])) },
}

func text(value any) string {
	switch v := value.(type) {
	case nil:
		return "Null"
	case string:
		return v
	case []any, *dict:
		out, _ := json.Marshal(v)
		return string(out)
	}
	return fmt.Sprintf("%v", value)
}

// The files of the host: names below any folder, and their events.
type host struct {
	names []string
	files map[string][]any
	// A list of rows that every file holds, where no files were given.
	all []any
}

// The names that a glob finds; braces hold alternatives.
func (h *host) glob(pattern string) []string {
	name := pattern[strings.LastIndexAny(pattern, "/\\")+1:]
	if h.files == nil {
		return []string{name}
	}
	var out []string
	for _, file := range h.names {
		for _, alternative := range braces(name) {
			if ok, err := path.Match(strings.ToLower(alternative), strings.ToLower(file)); err == nil && ok {
				out = append(out, file)
				break
			}
		}
	}
	return out
}

func braces(pattern string) []string {
	start := strings.Index(pattern, "{")
	end := strings.Index(pattern, "}")
	if start < 0 || end < start {
		return []string{pattern}
	}
	var out []string
	for _, alternative := range strings.Split(pattern[start+1:end], ",") {
		out = append(out, braces(pattern[:start]+alternative+pattern[end+1:])...)
	}
	return out
}

func (h *host) events(name string) []any {
	if h.files == nil {
		return h.all
	}
	return h.files[name]
}
