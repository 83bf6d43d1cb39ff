package graph_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestEveryDocumentInTheDocumentationIsValid holds what the pages show of GraphQL against the schema.
func TestEveryDocumentInTheDocumentationIsValid(t *testing.T) {
	text, err := os.ReadFile("../schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]int{}
	for _, path := range pages {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```graphql\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
			shown[filepath.Base(path)]++
			if _, err := gqlparser.LoadQueryWithRules(schema, block[1], nil); err != nil {
				t.Errorf("%s: %v\n%s", filepath.Base(path), err, block[1])
			}
		}
	}
	for path, least := range map[string]int{"deadline.md": 12, "outbound-webhooks.md": 2, "reminders.md": 3, "analysts.md": 12} {
		if shown[path] < least {
			t.Errorf("%s shows %d documents, want %d at least", path, shown[path], least)
		}
	}
}
