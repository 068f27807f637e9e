package main

import (
	"fmt"
	"regexp"
	"strings"
)

// The kinds of token.
const (
	tEnd = iota
	tWord
	tKeyword
	tText
	tNumber
	tOperator
)

type token struct {
	kind int
	text string
	at   int
}

var keywords = map[string]bool{
	"EXPLAIN": true, "SELECT": true, "WHERE": true, "AND": true, "OR": true, "FROM": true, "NOT": true, "AS": true,
	"IN": true, "LIMIT": true, "NULL": true, "DESC": true, "GROUP": true, "BY": true, "ORDER": true, "TRUE": true,
	"FALSE": true, "LET": true,
}

// In the order in which they are tried.
var lexemes = []struct {
	kind  int
	regex *regexp.Regexp
}{
	{-1, regexp.MustCompile(`^(?:\s+|--[^\n]*|//[^\n]*|(?s:/\*.*?\*/))`)},
	{tText, regexp.MustCompile(`^(?s:'''.*?''')`)},
	{tText, regexp.MustCompile(`^(?s:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")`)},
	{tWord, regexp.MustCompile("^(?:[A-Za-z_][A-Za-z0-9_]*|`[^`]+`)")},
	{tNumber, regexp.MustCompile(`^-?(?:0x[0-9a-fA-F]+|\d*\.?\d+(?:[eE][-+]?\d+)?)`)},
	{tOperator, regexp.MustCompile(`^(?:<>|!=|<=|>=|=>|=~|\|\||&&|[-:+*/%,.()=<>{}\[\]|])`)},
}

// Cuts a query into tokens.
func lex(query string) ([]token, error) {
	var out []token
	at := 0
outer:
	for at < len(query) {
		for _, lexeme := range lexemes {
			text := lexeme.regex.FindString(query[at:])
			if text == "" {
				continue
			}
			start := at
			at += len(text)
			switch lexeme.kind {
			case -1:
			case tText:
				out = append(out, token{tText, unquote(text), start})
			case tWord:
				kind := tWord
				if text[0] == '`' {
					text = text[1 : len(text)-1]
				} else if keywords[strings.ToUpper(text)] {
					kind, text = tKeyword, strings.ToUpper(text)
				}
				out = append(out, token{kind, text, start})
			default:
				out = append(out, token{lexeme.kind, text, start})
			}
			continue outer
		}
		return nil, fmt.Errorf("no token at %d: %.20q", at, query[at:])
	}
	return append(out, token{tEnd, "", at}), nil
}

// Raw between three quotes; else \n \r \t \xHH, and any other escaped character is itself.
func unquote(text string) string {
	if strings.HasPrefix(text, "'''") && len(text) >= 6 {
		return text[3 : len(text)-3]
	}
	var out []byte
	for body := text[1 : len(text)-1]; len(body) > 0; {
		if body[0] != '\\' || len(body) == 1 {
			out = append(out, body[0])
			body = body[1:]
			continue
		}
		var value byte
		skip := 2
		switch body[1] {
		case 'n':
			value = '\n'
		case 'r':
			value = '\r'
		case 't':
			value = '\t'
		case 'x', 'X':
			if len(body) >= 4 {
				if n, err := fmt.Sscanf(body[2:4], "%02x", &value); n == 1 && err == nil {
					skip = 4
					break
				}
			}
			value = body[1]
		default:
			value = body[1]
		}
		out = append(out, value)
		body = body[skip:]
	}
	return string(out)
}
