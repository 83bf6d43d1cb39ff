package interop_test

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTheSchemaFollowsTheRulesOfTheLinter(t *testing.T) {
	if text, ok := lint(t, filepath.Dir(absolute(t, schemaFile))); !ok {
		t.Error(text)
	}
}

// TestTheLinterFindsMistakes makes mistakes one at a time.
func TestTheLinterFindsMistakes(t *testing.T) {
	asked := `"What can be asked."`
	cursor := "type CohortEdge {\n  \"The cursor of this place in the list.\"\n  cursor:"
	tests := []struct{ name, old, replacement, rule string }{
		{"a type that nothing leads to", asked, "\"Lost.\"\ntype Lost {\n  \"The id.\"\n  id: ID!\n}\n\n" + asked, "no-unreachable-types"},
		{"a type without an id", asked, "\"Lost.\"\ntype Lost {\n  \"The name.\"\n  name: String\n}\n\n" + asked, "strict-id-in-types"},
		{"a page that does not say whether it is the last", "hasNextPage: Boolean!", "hasNextPage: String", "relay-page-info"},
		{"an edge without a cursor", cursor, strings.ReplaceAll(cursor, "cursor:", "place:"), "relay-edge-types"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, ok := lint(t, schemaWith(t, tt.old, tt.replacement))
			if ok || !strings.Contains(text, tt.rule) {
				t.Errorf("passed: %t, want a complaint by %s:\n%s", ok, tt.rule, text)
			}
		})
	}
}

// lint lints the schema.graphql in the folder.
func lint(t *testing.T, dir string) (output string, ok bool) {
	t.Helper()
	return run(t, dir, eslint, "--config", absolute(t, "eslint.config.mjs"), "--max-warnings", "0", "schema.graphql")
}

// TestTheSchemaBreaksNoClient compares the schema with the one that was last accepted.
func TestTheSchemaBreaksNoClient(t *testing.T) {
	text, ok := run(t, "", differ, "accepted.graphql", schemaFile)
	t.Log(text)
	if !ok {
		t.Error("the change breaks clients")
	}
}

func TestOnlyChangesThatBreakClientsAreRefused(t *testing.T) {
	tests := []struct {
		name, old, replacement string
		passes                 bool
		want                   string
	}{
		{"nothing", "", "", true, "0 changes"},
		{"a field removed", "  endCursor: String\n", "  last: String\n", false, "BREAKING     PageInfo.endCursor: "},
		{"a field that may be null now", "hasNextPage: Boolean!", "hasNextPage: Boolean", false, "BREAKING     PageInfo.hasNextPage: "},
		{"a field added", "  endCursor: String\n", "  endCursor: String\n  more: Int\n", true, "NON_BREAKING PageInfo.more: "},
		{"a value added to an enum", "enum OrderDirection {", "enum OrderDirection {\n  RANDOM", true, "DANGEROUS    OrderDirection.RANDOM: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			present := filepath.Join(schemaWith(t, tt.old, tt.replacement), "schema.graphql")
			text, ok := run(t, "", differ, schemaFile, present)
			if ok != tt.passes || !strings.Contains(text, tt.want) {
				t.Errorf("passed: %t, want %t and %q:\n%s", ok, tt.passes, tt.want, text)
			}
			if told := strings.Contains(text, "npm run accept"); told == tt.passes {
				t.Errorf("told what to do: %t\n%s", told, text)
			}
		})
	}
}
