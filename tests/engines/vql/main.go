// Runs the VQL that this project writes on given rows: JSON lines {"query", "rows"} in, {"found": [...]} or {"error"} out.
//
// `rows` is a list of events that every log file holds, and the answer has their numbers; or an object of file name and
// events, and the answer has file and number. Rules of the language: README.md.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Names in force, the innermost first.
type scope struct {
	names map[string]any
	row   *dict
	outer *scope
	host  *host
}

// A LET that is not computed yet.
type deferred struct {
	statement statement
	scope     *scope
}

func (s *scope) child() *scope { return &scope{names: map[string]any{}, outer: s, host: s.host} }

func (s *scope) find(name string) (any, bool) {
	for at := s; at != nil; at = at.outer {
		if value, known := at.names[name]; known {
			return value, true
		}
		if at.row != nil {
			if value, known := at.row.values[name]; known {
				return value, true
			}
		}
	}
	return nil, false
}

func (s *scope) eval(n *node) any {
	switch n.op {
	case "value":
		return n.value
	case "and":
		return truth(s.eval(n.kids[0])) && truth(s.eval(n.kids[1]))
	case "or":
		return truth(s.eval(n.kids[0])) || truth(s.eval(n.kids[1]))
	case "not":
		return !truth(s.eval(n.kids[0]))
	case "list":
		out := []any{}
		for _, kid := range n.kids {
			out = append(out, s.eval(kid))
		}
		return out
	case "select":
		return rowsAsList(s.run(n.query))
	case "symbol":
		value, _ := s.find(n.name)
		if later, ok := value.(deferred); ok {
			return later.scope.eval(later.statement.expr)
		}
		return value
	case "member":
		return member(s.eval(n.kids[0]), n.name)
	case "index":
		list := s.eval(n.kids[0])
		index := s.eval(n.kids[1])
		if name, ok := index.(string); ok {
			return member(list, name)
		}
		at, ok := index.(int64)
		if values, isList := list.([]any); ok && isList && at >= 0 && int(at) < len(values) {
			return values[at]
		}
		return nil
	case "call":
		return s.call(n)
	}
	a, b := s.eval(n.kids[0]), s.eval(n.kids[1])
	switch n.op {
	case "=":
		return equal(a, b)
	case "!=":
		return !equal(a, b)
	case "<>":
		return false
	case "<":
		return less(a, b)
	case ">":
		return greater(a, b)
	case "<=":
		return less(a, b) || equal(a, b) && a != nil
	case ">=":
		return greater(a, b) || equal(a, b) && a != nil
	case "=~":
		return matches(a, b)
	case "IN":
		return in(a, b)
	case "+":
		return add(a, b)
	}
	panic("operator " + n.op)
}

func rowsAsList(rows []*dict) []any {
	out := []any{}
	for _, row := range rows {
		out = append(out, row)
	}
	return out
}

func (n *node) argument(name string) *node {
	for i, arg := range n.args {
		if arg == name {
			return n.kids[i]
		}
	}
	return nil
}

func (s *scope) call(n *node) any {
	if value, known := s.find(n.name); known {
		if later, ok := value.(deferred); ok {
			inner := later.scope.child()
			for i, name := range n.args {
				inner.names[name] = s.eval(n.kids[i])
			}
			return inner.eval(later.statement.expr)
		}
	}
	if n.name == "if" {
		branch := n.argument("else")
		if truth(s.eval(n.argument("condition"))) {
			branch = n.argument("then")
		}
		if branch == nil {
			return nil
		}
		return s.eval(branch)
	}
	function, known := functions[n.name]
	if !known {
		panic("function " + n.name)
	}
	args := map[string]any{}
	for i, name := range n.args {
		args[name] = s.eval(n.kids[i])
	}
	return function(args)
}

// The rows of a plugin, or of a named query.
func (s *scope) source(n *node) []*dict {
	argument := func(name string) any {
		if found := n.argument(name); found != nil {
			return s.eval(found)
		}
		return nil
	}
	if n.op == "call" {
		switch n.name {
		case "rows":
			return asRows(s.host.all)
		case "scope":
			return []*dict{newDict()}
		case "glob":
			var out []*dict
			for _, name := range s.host.glob(text(argument("globs"))) {
				row := newDict()
				row.set("OSPath", name)
				out = append(out, row)
			}
			return out
		case "parse_evtx":
			return asRows(s.host.events(text(argument("filename"))))
		case "items":
			var out []*dict
			if object, ok := argument("item").(*dict); ok {
				for _, name := range object.names {
					row := newDict()
					row.set("_key", name)
					row.set("_value", object.values[name])
					out = append(out, row)
				}
			}
			return out
		case "foreach":
			var out []*dict
			for _, row := range asRows(s.eval(n.argument("row"))) {
				inner := s.child()
				inner.row = row
				out = append(out, inner.run(n.argument("query").query)...)
			}
			return out
		case "chain":
			var out []*dict
			for _, kid := range n.kids {
				out = append(out, asRows(s.eval(kid))...)
			}
			return out
		}
		if _, known := s.find(n.name); !known {
			panic("plugin " + n.name)
		}
	}
	return asRows(s.eval(n))
}

func asRows(value any) []*dict {
	var out []*dict
	if list, ok := value.([]any); ok {
		for _, each := range list {
			if row, ok := each.(*dict); ok {
				out = append(out, row)
			}
		}
	}
	return out
}

func (s *scope) run(query *selection) []*dict {
	var out []*dict
	for _, row := range s.source(query.from) {
		inner := s.child()
		inner.row = row
		shown := newDict()
		shown.row = row.row
		aliases := inner.child()
		for _, c := range query.columns {
			if c.star {
				for _, name := range row.names {
					shown.set(name, row.values[name])
				}
				continue
			}
			value := inner.eval(c.expr)
			shown.set(c.alias, value)
			aliases.names[c.alias] = value
		}
		if query.where == nil || truth(aliases.eval(query.where)) {
			out = append(out, shown)
		}
	}
	return out
}

type request struct {
	Query string          `json:"query"`
	Rows  json.RawMessage `json:"rows"`
}

type answer struct {
	Found []any  `json:"found"`
	Error string `json:"error,omitempty"`
	Log   string `json:"log,omitempty"`
}

func number_rows(rows any, file string) []any {
	list, _ := rows.([]any)
	for n, each := range list {
		if row, ok := each.(*dict); ok {
			row.row = &place{File: file, Row: n}
		}
	}
	return list
}

func respond(line []byte) (out answer) {
	out.Found = []any{}
	logged = nil
	defer func() {
		if r := recover(); r != nil {
			message, ok := r.(string)
			if !ok {
				panic(r)
			}
			out.Error = "unknown: " + message
		}
	}()
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		out.Error = err.Error()
		return out
	}
	statements, err := parse(asked.Query)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	decoder := json.NewDecoder(strings.NewReader(string(asked.Rows)))
	decoder.UseNumber()
	rows, err := decode(decoder)
	if err != nil && len(asked.Rows) > 0 {
		out.Error = err.Error()
		return out
	}
	h := &host{}
	if files, ok := rows.(*dict); ok {
		h.files = map[string][]any{}
		for _, name := range files.names {
			h.names = append(h.names, name)
			h.files[name] = number_rows(files.values[name], name)
		}
	} else {
		h.all = number_rows(rows, "")
	}
	top := &scope{names: map[string]any{"Rows": h.all}, host: h}
	for _, s := range statements {
		switch {
		case s.name == "":
			for _, row := range top.run(s.expr.query) {
				switch {
				case row.row == nil:
					out.Found = append(out.Found, nil)
				case row.row.File == "":
					out.Found = append(out.Found, row.row.Row)
				default:
					out.Found = append(out.Found, row.row)
				}
			}
		case s.eager:
			top.names[s.name] = top.eval(s.expr)
		default:
			top.names[s.name] = deferred{s, top}
		}
	}
	out.Log = strings.Join(logged, " ; ")
	return out
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(strings.TrimSpace(string(line))) > 0 {
			text, problem := json.Marshal(respond(line))
			if problem != nil {
				text = []byte(fmt.Sprintf("{\"error\": %q}", problem.Error()))
			}
			out.Write(append(text, '\n'))
			out.Flush()
		}
		if err != nil {
			return
		}
	}
}
