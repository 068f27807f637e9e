package main

import (
	"reflect"
	"strings"

	"www.velocidex.com/golang/vfilter/utils"
)

// A part of a tree: how deep it is, what it is, and its text where it has one.
type node struct {
	Depth int    `json:"depth"`
	Kind  string `json:"kind"`
	Text  string `json:"text,omitempty"`
}

// The tree of a text as vfilter's parser makes it: strings decoded, names without their quotes, comments left out.
func treeOf(text string) any {
	statements, err := parse(text)
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	nodes := []node{}
	for _, statement := range statements {
		nodes = walk(nodes, 0, "Statement", reflect.ValueOf(statement))
	}
	return map[string]any{"nodes": nodes}
}

func walk(nodes []node, depth int, kind string, value reflect.Value) []node {
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			nodes = walk(nodes, depth, kind, value.Elem())
		}
	case reflect.Slice:
		for at := range value.Len() {
			nodes = walk(nodes, depth, kind, value.Index(at))
		}
	case reflect.Struct:
		nodes = append(nodes, node{Depth: depth, Kind: kind})
		for at := range value.NumField() {
			field := value.Type().Field(at)
			if field.IsExported() && !strings.HasPrefix(field.Name, "Comment") {
				nodes = walk(nodes, depth+1, field.Name, value.Field(at))
			}
		}
	case reflect.String:
		if text := value.String(); text != "" {
			nodes = append(nodes, node{depth, kind, decoded(kind, text)})
		}
	case reflect.Bool:
		if value.Bool() {
			nodes = append(nodes, node{Depth: depth, Kind: kind})
		}
	}
	return nodes
}

func decoded(kind, text string) string {
	if kind == "String" {
		return utils.Unquote(text)
	}
	return utils.Unquote_ident(text)
}
