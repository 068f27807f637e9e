package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Velocidex/ordereddict"
	"www.velocidex.com/golang/vfilter"
	"www.velocidex.com/golang/vfilter/types"
)

// The column that says which stored row a row of the query is.
const rowColumn = "_sigmaglot_row"

// How long a query may take, and how many rows it may return.
const (
	longest  = 20 * time.Second
	rowsMost = 100_000
)

// What vfilter logs where something that a query names is not here.
var lacking = regexp.MustCompile(`Symbol (\S+) is not a function|LACKING: (.*)|Plugin (\S+) not found|(\w+: (?:Field \w+ )?Unexpected arg \S+)|(\w+: Field \w+ is required)`)

type refusal struct {
	ID    int    `json:"id"`
	Error string `json:"error"`
	Kind  string `json:"kind"`
}

func answer(asked *request) any {
	statements, err := parse(asked.Query)
	if err != nil {
		return refusal{asked.ID, err.Error(), "syntax"}
	}
	rows, said, err := run(statements, asked)
	if lacks := lacking.FindStringSubmatch(said); lacks != nil {
		return refusal{asked.ID, "this program lacks " + strings.Join(lacks[1:], ""), "unknown"}
	}
	if err != nil {
		return refusal{asked.ID, err.Error(), "limit"}
	}
	if asked.Give {
		given, err := give(rows)
		if err != nil {
			return refusal{asked.ID, err.Error(), "failed"}
		}
		return map[string]any{"id": asked.ID, "gives": given}
	}
	found := []int64{}
	for _, row := range rows {
		number, _ := row.Get(rowColumn)
		whole, ok := number.(int64)
		if !ok {
			return map[string]any{"id": asked.ID, "some": true}
		}
		found = append(found, whole)
	}
	if len(rows) == 0 && !slices.ContainsFunc(statements, marked) {
		return map[string]any{"id": asked.ID, "some": false}
	}
	slices.Sort(found)
	return map[string]any{"id": asked.ID, "found": slices.Compact(found)}
}

// Statements of a text. A panic in the parser is none of the language's.
func parse(text string) (statements []*vfilter.VQL, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the parser stops: %v", cause)
		}
	}()
	statements, err = vfilter.MultiParse(text)
	if err == nil && statements == nil {
		err = errors.New("no statement")
	}
	return statements, err
}

// Whether a statement returns stored rows; a summary does not.
func marked(statement *vfilter.VQL) bool {
	return statement.Query != nil && statement.Query.GroupBy == nil
}

// The rows of all statements, what was logged, and why it ended early.
func run(statements []*vfilter.VQL, asked *request) ([]*ordereddict.Dict, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	said := &logged{}
	scope := vfilter.NewScope()
	defer scope.Close()
	scope.SetLogger(log.New(said, "", 0))
	extend(scope, files(asked.Rows), asked.Now)
	var rows []*ordereddict.Dict
	for _, statement := range statements {
		// Columns are lazy: they are made here, where the scope still has what they need.
		if marked(statement) {
			statement.Query.SelectExpression.Expressions = append(statement.Query.SelectExpression.Expressions, column.Query.SelectExpression.Expressions...)
		}
		for row := range statement.Eval(ctx, scope) {
			if statement.Query == nil {
				continue
			}
			rows = append(rows, materialize(ctx, scope, row))
			if len(rows) > rowsMost {
				return nil, said.String(), fmt.Errorf("more than %d rows", rowsMost)
			}
		}
	}
	if ctx.Err() != nil {
		return nil, said.String(), fmt.Errorf("longer than %v", longest)
	}
	return rows, said.String(), nil
}

// A statement that selects the row's number.
var column, _ = vfilter.Parse("SELECT " + rowColumn + " FROM scope()")

func materialize(ctx context.Context, scope types.Scope, row vfilter.Row) *ordereddict.Dict {
	dict := vfilter.RowToDict(ctx, scope, row)
	result := ordereddict.NewDict()
	for _, name := range dict.Keys() {
		value, _ := dict.Get(name)
		if lazy, ok := value.(types.LazyExpr); ok {
			value = lazy.Reduce(ctx)
		}
		if query, ok := value.(types.StoredQuery); ok {
			value = rowsOf(ctx, scope, query)
		}
		result.Set(name, value)
	}
	return result
}

// The columns of rows, without the numbers, as JSON.
func give(rows []*ordereddict.Dict) ([]json.RawMessage, error) {
	given := []json.RawMessage{}
	for _, row := range rows {
		row.Delete(rowColumn)
		text, err := json.Marshal(row)
		if err != nil {
			return nil, err
		}
		given = append(given, text)
	}
	return given, nil
}

// What vfilter logs, several threads at once.
type logged struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (self *logged) Write(line []byte) (int, error) {
	self.mutex.Lock()
	defer self.mutex.Unlock()
	if self.text.Len() < 1<<16 {
		self.text.Write(line)
	}
	return len(line), nil
}

func (self *logged) String() string {
	self.mutex.Lock()
	defer self.mutex.Unlock()
	return self.text.String()
}
