package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/Velocidex/ordereddict"
	"www.velocidex.com/golang/vfilter"
	"www.velocidex.com/golang/vfilter/arg_parser"
	"www.velocidex.com/golang/vfilter/types"
	"www.velocidex.com/golang/vfilter/utils"
)

// A function of VQL whose arguments are the tagged fields of a struct. Bad arguments are logged and give NULL.
func define[Args any](name string, call func(context.Context, types.Scope, *Args) types.Any) types.FunctionInterface {
	return vfilter.GenericFunction{FunctionName: name, ArgType: *new(Args), Function: func(ctx context.Context, scope types.Scope, given *ordereddict.Dict) types.Any {
		args := new(Args)
		if err := arg_parser.ExtractArgsWithContext(ctx, scope, given, args); err != nil {
			scope.Log("%s: %v", name, err)
			return types.Null{}
		}
		return call(ctx, scope, args)
	}}
}

// The functions of Velociraptor that are here (https://docs.velociraptor.app/vql_reference/).
func functions(now float64) []types.FunctionInterface {
	return []types.FunctionInterface{
		define("lowcase", func(_ context.Context, _ types.Scope, arg *stringArgs) types.Any { return strings.ToLower(arg.String) }),
		define("upcase", func(_ context.Context, _ types.Scope, arg *stringArgs) types.Any { return strings.ToUpper(arg.String) }),
		define("str", func(_ context.Context, _ types.Scope, arg *strArgs) types.Any { return text(arg.Str) }),
		define("int", func(_ context.Context, _ types.Scope, arg *intArgs) types.Any { return toInt(arg.Int) }),
		define("atoi", func(_ context.Context, _ types.Scope, arg *anyStringArgs) types.Any { return toInt(arg.String) }),
		define("parse_float", func(_ context.Context, _ types.Scope, arg *anyStringArgs) types.Any { return toFloat(arg.String) }),
		define("now", func(context.Context, types.Scope, *struct{}) types.Any { return int64(now) }),
		define("timestamp", timestamp),
		define("cidr_contains", cidrContains),
		define("regex_replace", regexReplace),
		define("parse_string_with_regex", parseWithRegex),
		define("strip", strip),
		define("substr", substr),
		define("format", format),
		define("serialize", serialize),
		define("get", get),
		define("any", func(ctx context.Context, scope types.Scope, arg *quantifierArgs) types.Any {
			return quantified(ctx, scope, arg, false)
		}),
		define("all", func(ctx context.Context, scope types.Scope, arg *quantifierArgs) types.Any {
			return quantified(ctx, scope, arg, true)
		}),
		define("filter", filter),
		define("join", func(_ context.Context, _ types.Scope, arg *joinArgs) types.Any {
			return strings.Join(arg.Array, arg.Sep)
		}),
		define("base64decode", base64decode),
		arrayFunction{},
	}
}

type stringArgs struct {
	String string `vfilter:"required,field=string"`
}

type anyStringArgs struct {
	String types.Any `vfilter:"required,field=string"`
}

type strArgs struct {
	Str types.Any `vfilter:"required,field=str"`
}

type intArgs struct {
	Int types.Any `vfilter:"optional,field=int"`
}

// A value as str() writes it.
func text(value types.Any) string {
	switch value := value.(type) {
	case string:
		return value
	case nil:
		return types.Null{}.String()
	case *ordereddict.Dict:
		text, _ := json.Marshal(value)
		return string(text)
	}
	return fmt.Sprintf("%v", value)
}

func wholeOf(value types.Any) (int64, bool) {
	switch value.(type) {
	case string, *string, []byte:
		return 0, false
	}
	return utils.ToInt64(value)
}

// A number, or a text by the rules of Go's literals: 0x10 and 020 are 16; 0 where it is none.
func toInt(value types.Any) types.Any {
	switch value := value.(type) {
	case string:
		whole, _ := strconv.ParseInt(value, 0, 64)
		return whole
	case bool:
		return int64(0)
	case float64:
		return int64(math.Trunc(value))
	}
	whole, _ := wholeOf(value)
	return whole
}

func toFloat(value types.Any) types.Any {
	if text, ok := value.(string); ok {
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0.0
		}
		return number
	}
	number, _ := utils.ToFloat(value)
	return number
}

type cidrArgs struct {
	IP     string   `vfilter:"required,field=ip"`
	Ranges []string `vfilter:"required,field=ranges"`
}

// Whether an address is in a network; a network that is none ends the search.
func cidrContains(_ context.Context, scope types.Scope, arg *cidrArgs) types.Any {
	address := net.ParseIP(arg.IP)
	if address == nil {
		return false
	}
	for _, written := range arg.Ranges {
		_, network, err := net.ParseCIDR(written)
		if err != nil {
			scope.Log("cidr_contains: %v", err)
			return false
		}
		if network.Contains(address) {
			return true
		}
	}
	return false
}

type replaceArgs struct {
	Source  string `vfilter:"required,field=source"`
	Re      string `vfilter:"required,field=re"`
	Replace string `vfilter:"optional,field=replace"`
}

func regexReplace(_ context.Context, scope types.Scope, arg *replaceArgs) types.Any {
	compiled, err := regexp.Compile("(?i)" + arg.Re)
	if err != nil {
		scope.Log("regex_replace: %v", err)
		return types.Null{}
	}
	return compiled.ReplaceAllString(arg.Source, arg.Replace)
}

type parseArgs struct {
	String string   `vfilter:"required,field=string"`
	Regex  []string `vfilter:"required,field=regex"`
}

// An object of the groups of each pattern, by name or by g and number; the last match counts.
func parseWithRegex(_ context.Context, scope types.Scope, arg *parseArgs) types.Any {
	groups := ordereddict.NewDict()
	for _, pattern := range arg.Regex {
		compiled, err := regexp.Compile("(?i)" + pattern)
		if err != nil {
			scope.Log("parse_string_with_regex: %v", err)
			return types.Null{}
		}
		for _, found := range compiled.FindAllStringSubmatch(arg.String, -1) {
			for at, name := range compiled.SubexpNames()[1:] {
				if name == "" {
					name = fmt.Sprintf("g%d", at+1)
				}
				groups.Set(name, found[at+1])
			}
		}
	}
	return groups
}

type stripArgs struct {
	String string `vfilter:"required,field=string"`
	Prefix string `vfilter:"optional,field=prefix"`
	Suffix string `vfilter:"optional,field=suffix"`
}

func strip(_ context.Context, _ types.Scope, arg *stripArgs) types.Any {
	if arg.Prefix == "" && arg.Suffix == "" {
		return strings.TrimSpace(arg.String)
	}
	return strings.TrimSuffix(strings.TrimPrefix(arg.String, arg.Prefix), arg.Suffix)
}

type substrArgs struct {
	Str   string `vfilter:"required,field=str"`
	Start int64  `vfilter:"optional,field=start"`
	End   int64  `vfilter:"optional,field=end"`
}

// The characters from start up to end; an end of 0 is none, and a start behind the text takes it whole.
func substr(_ context.Context, _ types.Scope, arg *substrArgs) types.Any {
	characters := []rune(arg.Str)
	end := int64(len(characters))
	if arg.End != 0 {
		end = min(end, arg.End)
	}
	if arg.Start < 0 || arg.End < 0 || (arg.End != 0 && arg.Start > arg.End) {
		return types.Null{}
	}
	if arg.Start > end {
		return arg.Str
	}
	return string(characters[arg.Start:end])
}

type formatArgs struct {
	Format string    `vfilter:"required,field=format"`
	Args   types.Any `vfilter:"optional,field=args"`
}

// format(): Go's verbs; a time is written as in JSON.
func format(_ context.Context, _ types.Scope, arg *formatArgs) types.Any {
	given, ok := elements(arg.Args)
	if !ok && arg.Args != nil {
		given = []any{arg.Args}
	}
	written := make([]any, len(given))
	for at, value := range given {
		if moment, ok := value.(time.Time); ok {
			value = moment.Format(time.RFC3339Nano)
		}
		written[at] = value
	}
	return fmt.Sprintf(arg.Format, written...)
}

type serializeArgs struct {
	Item   types.Any `vfilter:"required,field=item"`
	Format string    `vfilter:"optional,field=format"`
}

func serialize(_ context.Context, scope types.Scope, arg *serializeArgs) types.Any {
	if arg.Format != "" && arg.Format != "json" {
		scope.Log("LACKING: serialize() as %s", arg.Format)
		return types.Null{}
	}
	text, err := json.MarshalIndent(arg.Item, "", " ")
	if err != nil {
		return types.Null{}
	}
	return string(text)
}

type getArgs struct {
	Item    types.Any `vfilter:"optional,field=item"`
	Member  string    `vfilter:"optional,field=member"`
	Field   types.Any `vfilter:"optional,field=field"`
	Default types.Any `vfilter:"optional,field=default"`
}

// A member: member is a way with dots, field one name. The default stands where there is none.
func get(_ context.Context, scope types.Scope, arg *getArgs) types.Any {
	steps := []types.Any{arg.Field}
	if arg.Field == nil {
		steps = nil
		for _, step := range strings.Split(arg.Member, ".") {
			if at, err := strconv.ParseInt(step, 10, 64); err == nil {
				steps = append(steps, at)
			} else {
				steps = append(steps, step)
			}
		}
	}
	value := arg.Item
	if value == nil {
		value = scope
	}
	for _, step := range steps {
		member, ok := scope.Associative(value, step)
		if !ok {
			if arg.Default == nil {
				return types.Null{}
			}
			return arg.Default
		}
		value = member
	}
	return value
}

type quantifierArgs struct {
	Items  types.Any `vfilter:"required,field=items"`
	Regex  types.Any `vfilter:"optional,field=regex"`
	Filter string    `vfilter:"optional,field=filter"`
}

// The members of what any(), all() and filter() go through.
func members(scope types.Scope, value types.Any) []any {
	if list, ok := elements(value); ok {
		return list
	}
	dict, ok := value.(*ordereddict.Dict)
	if !ok {
		return []any{value}
	}
	var list []any
	for _, name := range dict.Keys() {
		member, _ := scope.Associative(dict, name)
		list = append(list, member)
	}
	return list
}

// Whether an element passes a pattern, or a function that is written as text.
func passes(ctx context.Context, scope types.Scope, regex types.Any, lambda string, element any) (bool, error) {
	if regex != nil {
		return scope.Match(regex, element), nil
	}
	parsed, err := vfilter.ParseLambda(lambda)
	if err != nil {
		return false, err
	}
	return scope.Bool(parsed.Reduce(ctx, scope, []vfilter.Any{element})), nil
}

// any() stops at the first element that passes, all() at the first that does not.
func quantified(ctx context.Context, scope types.Scope, arg *quantifierArgs, all bool) types.Any {
	if arg.Regex == nil && arg.Filter == "" {
		return types.Null{}
	}
	for _, element := range members(scope, arg.Items) {
		passed, err := passes(ctx, scope, arg.Regex, arg.Filter, element)
		if err != nil {
			return types.Null{}
		}
		if passed != all {
			return passed
		}
	}
	return all
}

type filterArgs struct {
	List      types.Any `vfilter:"required,field=list"`
	Regex     types.Any `vfilter:"optional,field=regex"`
	Condition string    `vfilter:"optional,field=condition"`
}

func filter(ctx context.Context, scope types.Scope, arg *filterArgs) types.Any {
	kept := []any{}
	for _, element := range members(scope, arg.List) {
		passed, err := passes(ctx, scope, arg.Regex, arg.Condition, element)
		if err != nil {
			return types.Null{}
		}
		if passed {
			kept = append(kept, element)
		}
	}
	return kept
}

type joinArgs struct {
	Array []string `vfilter:"required,field=array"`
	Sep   string   `vfilter:"optional,field=sep"`
}

func base64decode(_ context.Context, _ types.Scope, arg *stringArgs) types.Any {
	decoded, err := base64.StdEncoding.DecodeString(arg.String)
	if err != nil {
		return types.Null{}
	}
	return string(decoded)
}

// array(): a list of its arguments, whatever they are called.
type arrayFunction struct{}

func (arrayFunction) Info(types.Scope, *types.TypeMap) *types.FunctionInfo {
	return &types.FunctionInfo{Name: "array", FreeFormArgs: true}
}

func (arrayFunction) Call(ctx context.Context, scope types.Scope, args *ordereddict.Dict) types.Any {
	list := []any{}
	for _, name := range args.Keys() {
		value, _ := args.Get(name)
		if lazy, ok := value.(types.LazyExpr); ok {
			value = lazy.Reduce(ctx)
		}
		list = append(list, value)
	}
	return list
}
