// Runs VQL on vfilter, the engine of Velociraptor, behind the protocol of ../../README.md.
//
//	vql          answers queries
//	vql tree     reads lines {"query"} and answers each with the tree that vfilter's parser makes of it, or {"error"}
//
// vfilter is the language: its parser, its operators on its own types, scopes, foreach, GROUP BY, and the functions that it brings. What
// Velociraptor adds, and rules and hunts use, is here in our own words: plugins.go, functions.go, times.go and protocols.go. The
// facts of tests/facts/vql.yml, measured on Velociraptor, pin it.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
)

// Protocol that is spoken.
const protocol = 1

// As in go.mod.
const version = "vfilter v0.0.0-20250915140904-eb07b966bcef"

type request struct {
	Hello *hello  `json:"hello"`
	ID    int     `json:"id"`
	Query string  `json:"query"`
	Now   float64 `json:"now"`
	Rows  []row   `json:"rows"`
	// Whether the columns of the rows are wanted too.
	Give bool `json:"give"`
}

type hello struct {
	Protocol int    `json:"protocol"`
	Language string `json:"language"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("vql: ")
	tree := len(os.Args) > 1 && os.Args[1] == "tree"
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	decoder := json.NewDecoder(input)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for decoder.More() {
		var asked request
		if err := decoder.Decode(&asked); err != nil {
			log.Fatalf("no request: %v", err)
		}
		if err := encoder.Encode(reply(&asked, tree)); err != nil {
			log.Fatal(err)
		}
	}
}

func reply(asked *request, tree bool) any {
	switch {
	case tree:
		return treeOf(asked.Query)
	case asked.Hello == nil:
		return answer(asked)
	case asked.Hello.Protocol != protocol || asked.Hello.Language != "vql":
		log.Fatalf("this program speaks protocol %d for vql, not %d for %s", protocol, asked.Hello.Protocol, asked.Hello.Language)
	}
	return map[string]string{"ready": version}
}
