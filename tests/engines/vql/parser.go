package main

import (
	"fmt"
	"strconv"
	"strings"
)

// An expression.
type node struct {
	op    string // "and" "or" "not" "list" "value" "symbol" "call" "member" "index" "select" or a binary operator
	kids  []*node
	name  string   // symbol, call, member
	args  []string // names of a call's arguments, for kids
	value any
	query *selection
}

// SELECT.
type selection struct {
	columns []column
	from    *node
	where   *node
}

type column struct {
	star  bool
	alias string
	expr  *node
}

// LET, or a query when it has no name.
type statement struct {
	name       string
	parameters []string
	eager      bool
	expr       *node
}

type parser struct {
	tokens []token
	at     int
}

func parse(query string) (out []statement, err error) {
	tokens, err := lex(query)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	defer func() {
		if r := recover(); r != nil {
			message, ok := r.(string)
			if !ok {
				panic(r)
			}
			err = fmt.Errorf("%s", message)
		}
	}()
	for p.peek().kind != tEnd {
		out = append(out, p.statement())
	}
	return out, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) fail(want string) {
	t := p.peek()
	panic(fmt.Sprintf("at %d: %q where %s is expected", t.at, t.text, want))
}

func (p *parser) is(kind int, text string) bool {
	t := p.peek()
	return t.kind == kind && t.text == text
}

func (p *parser) take(kind int, text string) bool {
	if p.is(kind, text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) want(kind int, text string) {
	if !p.take(kind, text) {
		p.fail(text)
	}
}

func (p *parser) word() string {
	t := p.peek()
	if t.kind != tWord {
		p.fail("a name")
	}
	p.at++
	return t.text
}

func (p *parser) statement() statement {
	if !p.take(tKeyword, "LET") {
		return statement{expr: &node{op: "select", query: p.selection()}}
	}
	s := statement{name: p.word()}
	if p.take(tOperator, "(") {
		for !p.take(tOperator, ")") {
			s.parameters = append(s.parameters, p.word())
			p.take(tOperator, ",")
		}
	}
	if p.take(tOperator, "<=") {
		s.eager = true
	} else {
		p.want(tOperator, "=")
	}
	if p.is(tKeyword, "SELECT") {
		s.expr = &node{op: "select", query: p.selection()}
	} else {
		s.expr = p.and()
	}
	return s
}

func (p *parser) selection() *selection {
	p.want(tKeyword, "SELECT")
	s := &selection{}
	for {
		if p.take(tOperator, "*") {
			s.columns = append(s.columns, column{star: true})
		} else {
			start := p.peek().at
			c := column{expr: p.argument()}
			if p.take(tKeyword, "AS") {
				c.alias = p.word()
			} else if c.expr.op == "symbol" || c.expr.op == "member" {
				c.alias = c.expr.name
			} else {
				c.alias = fmt.Sprintf("column%d", start)
			}
			s.columns = append(s.columns, c)
		}
		if !p.take(tOperator, ",") {
			break
		}
	}
	p.want(tKeyword, "FROM")
	s.from = p.value()
	if s.from.op != "call" && s.from.op != "symbol" && s.from.op != "member" {
		p.fail("a plugin")
	}
	if p.take(tKeyword, "WHERE") {
		s.where = p.and()
	}
	return s
}

// AND of ORs: OR binds tighter.
func (p *parser) and() *node {
	left := p.or()
	for p.take(tKeyword, "AND") || p.take(tOperator, "&&") {
		left = &node{op: "and", kids: []*node{left, p.or()}}
	}
	return left
}

func (p *parser) or() *node {
	left := p.condition()
	for p.take(tKeyword, "OR") || p.take(tOperator, "||") || p.take(tOperator, "|") {
		left = &node{op: "or", kids: []*node{left, p.condition()}}
	}
	return left
}

func (p *parser) condition() *node {
	if p.take(tKeyword, "NOT") {
		return &node{op: "not", kids: []*node{p.condition()}}
	}
	left := p.sum()
	for {
		t := p.peek()
		switch {
		case t.kind == tOperator && strings.Contains(" = != <> < > <= >= =~ ", " "+t.text+" "):
		case t.kind == tKeyword && t.text == "IN":
		default:
			return left
		}
		p.at++
		right := p.sum()
		if t.text == "=~" && right.op == "value" {
			// An invalid expression is logged even where no row reaches it.
			matches(nil, right.value)
		}
		left = &node{op: t.text, kids: []*node{left, right}}
	}
}

func (p *parser) sum() *node {
	left := p.product()
	for p.is(tOperator, "+") || p.is(tOperator, "-") {
		op := p.peek().text
		p.at++
		left = &node{op: op, kids: []*node{left, p.product()}}
	}
	return left
}

func (p *parser) product() *node {
	left := p.value()
	for p.is(tOperator, "*") || p.is(tOperator, "/") {
		op := p.peek().text
		p.at++
		left = &node{op: op, kids: []*node{left, p.value()}}
	}
	return left
}

// What may stand behind `name=`: a sub-query, a list, an expression.
func (p *parser) argument() *node {
	switch {
	case p.take(tOperator, "{"):
		query := p.selection()
		p.want(tOperator, "}")
		return &node{op: "select", query: query}
	case p.take(tOperator, "["):
		return p.members("]")
	}
	return p.and()
}

func (p *parser) members(end string) *node {
	list := &node{op: "list"}
	for !p.take(tOperator, end) {
		list.kids = append(list.kids, p.and())
		if !p.take(tOperator, ",") {
			p.want(tOperator, end)
			break
		}
	}
	return list
}

func (p *parser) value() *node {
	t := p.peek()
	p.at++
	switch {
	case t.kind == tText:
		return &node{op: "value", value: t.text}
	case t.kind == tNumber:
		return &node{op: "value", value: number(t.text)}
	case t.kind == tKeyword && t.text == "NULL":
		return &node{op: "value"}
	case t.kind == tKeyword && (t.text == "TRUE" || t.text == "FALSE"):
		return &node{op: "value", value: t.text == "TRUE"}
	case t.kind == tOperator && t.text == "(":
		if p.is(tOperator, ")") {
			p.fail("a value")
		}
		inner := p.and()
		if p.take(tOperator, ")") {
			return inner
		}
		p.want(tOperator, ",")
		list := p.members(")")
		list.kids = append([]*node{inner}, list.kids...)
		return list
	case t.kind == tWord:
		p.at--
		return p.symbol()
	}
	p.at--
	p.fail("a value")
	return nil
}

func (p *parser) symbol() *node {
	left := &node{op: "symbol", name: p.word()}
	for {
		switch {
		case left.op != "call" && p.take(tOperator, "("):
			call := &node{op: "call", name: left.name, kids: nil}
			if left.op == "member" {
				p.fail("no method")
			}
			for !p.take(tOperator, ")") {
				call.args = append(call.args, p.word())
				p.want(tOperator, "=")
				call.kids = append(call.kids, p.argument())
				if !p.take(tOperator, ",") {
					p.want(tOperator, ")")
					break
				}
			}
			left = call
		case p.take(tOperator, "."):
			left = &node{op: "member", name: p.word(), kids: []*node{left}}
		case p.take(tOperator, "["):
			index := p.and()
			p.want(tOperator, "]")
			left = &node{op: "index", kids: []*node{left, index}}
		default:
			return left
		}
	}
}

// A leading zero means octal where the digits allow it.
func number(text string) any {
	if value, err := strconv.ParseInt(text, 0, 64); err == nil {
		return value
	}
	if value, err := strconv.ParseInt(text, 10, 64); err == nil {
		return value
	}
	value, _ := strconv.ParseFloat(text, 64)
	return value
}
