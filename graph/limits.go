package graph

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
)

// The limits of a query. They are checked before it is validated: validation compares fields with one
// another, and takes seconds for a query that is long or deep enough.
const (
	maxTokens     = 1500
	maxDepth      = 15 // of fields; that of the usual introspection query
	maxAliases    = 30
	maxDirectives = 50
)

// tooLong reports whether the query has more tokens than allowed. It reads no further than that.
func tooLong(query string) bool {
	lex := lexer.New(&ast.Source{Input: query})
	for range maxTokens {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return false // what cannot be read is for the parser to tell
		}
	}
	token, err := lex.ReadToken()
	return err == nil && token.Kind != lexer.EOF
}

// weight is what a selection amounts to with its fragments spread out.
type weight struct{ depth, aliases, directives int }

// saturated bounds the sums: fragments that spread fragments multiply.
const saturated = 1 << 20

func (w *weight) add(v weight) {
	w.depth = max(w.depth, v.depth)
	w.aliases = min(saturated, w.aliases+v.aliases)
	w.directives = min(saturated, w.directives+v.directives)
}

// scale weighs the operations of a document that need not be valid.
type scale struct {
	fragments ast.FragmentDefinitionList
	known     map[string]weight
	open      map[string]bool // being weighed: a fragment that spreads itself ends here
}

// tooHeavy returns what limit an operation of the document breaks; nil when none.
func tooHeavy(doc *ast.QueryDocument) *gqlerror.Error {
	s := &scale{fragments: doc.Fragments, known: map[string]weight{}, open: map[string]bool{}}
	for _, op := range doc.Operations {
		w := s.selection(op.SelectionSet)
		w.directives += len(op.Directives)
		switch {
		case w.depth > maxDepth:
			return problem(codeTooDeep, "the query nests fields %d deep, and %d is the most: ask in several queries", w.depth, maxDepth)
		case w.aliases > maxAliases:
			return problem(codeTooMany, "the query has %d aliases, and %d is the most: ask in several queries", w.aliases, maxAliases)
		case w.directives > maxDirectives:
			return problem(codeTooMany, "the query has %d directives, and %d is the most", w.directives, maxDirectives)
		}
	}
	return nil
}

func (s *scale) selection(set ast.SelectionSet) weight {
	var total weight
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			w := s.selection(sel.SelectionSet)
			w.depth++
			w.directives += len(sel.Directives)
			if sel.Alias != sel.Name {
				w.aliases++
			}
			total.add(w)
		case *ast.InlineFragment:
			w := s.selection(sel.SelectionSet)
			w.directives += len(sel.Directives)
			total.add(w)
		case *ast.FragmentSpread:
			w := s.fragment(sel.Name)
			w.directives += len(sel.Directives)
			total.add(w)
		}
	}
	return total
}

func (s *scale) fragment(name string) weight {
	if w, ok := s.known[name]; ok {
		return w
	}
	f := s.fragments.ForName(name)
	if f == nil || s.open[name] {
		return weight{} // validation says what is wrong
	}
	s.open[name] = true
	w := s.selection(f.SelectionSet)
	delete(s.open, name)
	s.known[name] = w
	return w
}

// introspects reports whether the operation asks about the schema itself. Only a root can.
func introspects(doc *ast.QueryDocument, set ast.SelectionSet) bool {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if sel.Name == "__schema" || sel.Name == "__type" {
				return true
			}
		case *ast.InlineFragment:
			if introspects(doc, sel.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if f := doc.Fragments.ForName(sel.Name); f != nil && introspects(doc, f.SelectionSet) {
				return true
			}
		}
	}
	return false
}
