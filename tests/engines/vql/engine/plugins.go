package main

import (
	"context"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/Velocidex/ordereddict"
	"www.velocidex.com/golang/vfilter"
	"www.velocidex.com/golang/vfilter/arg_parser"
	"www.velocidex.com/golang/vfilter/types"
)

// Where Windows keeps its event logs.
const folder = `C:\Windows\System32\winevt\Logs\`

// The stored rows of each file, by its name.
func files(rows []row) map[string][]*ordereddict.Dict {
	stored := map[string][]*ordereddict.Dict{}
	for _, row := range rows {
		row.Values.Set(rowColumn, int64(row.Row))
		stored[row.Table] = append(stored[row.Table], row.Values.Dict)
	}
	return stored
}

// Gives a scope what Velociraptor adds to vfilter, as far as it is here.
func extend(scope types.Scope, stored map[string][]*ordereddict.Dict, now float64) {
	scope.AppendPlugins(
		vfilter.GenericListPlugin{PluginName: "parse_evtx", ArgType: evtxArgs{}, Function: parseEvtx(stored)},
		vfilter.GenericListPlugin{PluginName: "glob", ArgType: globArgs{}, Function: glob(stored)},
		vfilter.GenericListPlugin{PluginName: "items", ArgType: itemsArgs{}, Function: items},
	)
	scope.AppendFunctions(functions(now)...)
	scope.AddProtocolImpl(anyMatch{}, boolEqual{}, timeLess{}, timeGreater{})
}

type evtxArgs struct {
	Filename  []string `vfilter:"required,field=filename"`
	Accessor  string   `vfilter:"optional,field=accessor"`
	MessageDB string   `vfilter:"optional,field=messagedb"`
	Workers   int64    `vfilter:"optional,field=workers"`
}

// The rows of stored files. A file that is not there is logged and has none.
func parseEvtx(stored map[string][]*ordereddict.Dict) plugin {
	return func(ctx context.Context, scope types.Scope, args *ordereddict.Dict) []vfilter.Row {
		arg := evtxArgs{}
		if err := arg_parser.ExtractArgsWithContext(ctx, scope, args, &arg); err != nil {
			scope.Log("parse_evtx: %v", err)
			return nil
		}
		var found []vfilter.Row
		for _, path := range arg.Filename {
			base := path[strings.LastIndexAny(path, `/\`)+1:]
			for name, rows := range stored {
				if strings.EqualFold(name, base) {
					for _, row := range rows {
						found = append(found, row)
					}
				}
			}
		}
		return found
	}
}

type globArgs struct {
	Globs    []string `vfilter:"required,field=globs"`
	Accessor string   `vfilter:"optional,field=accessor"`
}

// The stored files that a pattern names, as if they were in the folder of Windows.
func glob(stored map[string][]*ordereddict.Dict) plugin {
	return func(ctx context.Context, scope types.Scope, args *ordereddict.Dict) []vfilter.Row {
		arg := globArgs{}
		if err := arg_parser.ExtractArgsWithContext(ctx, scope, args, &arg); err != nil {
			scope.Log("glob: %v", err)
			return nil
		}
		var names []string
		for name := range stored {
			if slices.ContainsFunc(arg.Globs, func(glob string) bool { return globbed(glob).MatchString(slashes(folder + name)) }) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		var found []vfilter.Row
		for _, name := range names {
			found = append(found, ordereddict.NewDict().Set("OSPath", folder+name).Set("Name", name).Set("IsDir", false))
		}
		return found
	}
}

func slashes(path string) string {
	return strings.ReplaceAll(path, `\`, "/")
}

var wild = regexp.MustCompile(`\*\*\d*|\*|\?|\{[^{}]*\}|[^*?{]+|\{`)

// A pattern of paths: * and ? stay within a component, ** crosses them, {a,b} are choices; letters of either case.
func globbed(glob string) *regexp.Regexp {
	var pattern strings.Builder
	for _, part := range wild.FindAllString(slashes(glob), -1) {
		switch {
		case strings.HasPrefix(part, "**"):
			pattern.WriteString(".*")
		case part == "*":
			pattern.WriteString("[^/]*")
		case part == "?":
			pattern.WriteString("[^/]")
		case len(part) > 1 && part[0] == '{':
			choices := strings.Split(part[1:len(part)-1], ",")
			for at, choice := range choices {
				choices[at] = regexp.QuoteMeta(choice)
			}
			pattern.WriteString("(?:" + strings.Join(choices, "|") + ")")
		default:
			pattern.WriteString(regexp.QuoteMeta(part))
		}
	}
	return regexp.MustCompile("(?is)^/?" + pattern.String() + "$")
}

type itemsArgs struct {
	Item types.Any `vfilter:"optional,field=item"`
}

// A row for each member of an object, each element of a list and each row of a query, with _key and _value.
func items(ctx context.Context, scope types.Scope, args *ordereddict.Dict) []vfilter.Row {
	arg := itemsArgs{}
	if err := arg_parser.ExtractArgsWithContext(ctx, scope, args, &arg); err != nil {
		scope.Log("items: %v", err)
		return nil
	}
	item := arg.Item
	if query, ok := item.(types.StoredQuery); ok {
		item = rowsOf(ctx, scope, query)
	}
	var rows []vfilter.Row
	each := func(key, value any) {
		rows = append(rows, ordereddict.NewDict().Set("_key", key).Set("_value", value))
	}
	if list, ok := elements(item); ok {
		for at, element := range list {
			each(int64(at), element)
		}
		return rows
	}
	if _, ok := item.(string); ok || types.IsNil(item) {
		return nil
	}
	for _, name := range scope.GetMembers(item) {
		if name == rowColumn {
			continue
		}
		value, _ := scope.Associative(item, name)
		each(name, value)
	}
	return rows
}

// The elements of a list.
func elements(value any) ([]any, bool) {
	list := reflect.ValueOf(value)
	if value == nil || list.Kind() != reflect.Slice {
		return nil, false
	}
	elements := make([]any, list.Len())
	for at := range elements {
		elements[at] = list.Index(at).Interface()
	}
	return elements, true
}

type plugin = func(ctx context.Context, scope types.Scope, args *ordereddict.Dict) []vfilter.Row

// All rows of a query.
func rowsOf(ctx context.Context, scope types.Scope, query types.StoredQuery) []any {
	rows := []any{}
	for row := range query.Eval(ctx, scope) {
		rows = append(rows, vfilter.RowToDict(ctx, scope, row))
	}
	return rows
}
