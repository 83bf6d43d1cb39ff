package graph

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
)

// The limits of a query. They are checked before it is validated: validation goes into every fragment that an
// operation or a fragment reaches, and looks for a name like each that it does not know.
const (
	maxTokens     = 1500
	maxName       = 80 // bytes
	maxDepth      = 15 // of fields; that of the usual introspection query
	maxAliases    = 30
	maxDirectives = 50
	// maxSelections bounds the fields, fragments and spreads of all operations with every fragment spread out. A
	// ladder of fragments, each of which spreads the next twice, doubles at every step.
	maxSelections = 4000
	// maxVisits bounds the selections and values that validation goes through: those of every operation and of every
	// fragment, with each fragment that it reaches once.
	maxVisits = 4000
	// visitedText is how many bytes of a value are one visit more: what is no enum value is compared with those that
	// are, letter by letter.
	visitedText = 20
	// maxEligibility is how many cards a platform may ask about at once: it is told of one card that somebody
	// is about to use, and does not go through many.
	maxEligibility = 1
)

// tooLong returns what is longer than allowed, the query or a name in it; nil when nothing is. It reads no further
// than that.
func tooLong(query string) *gqlerror.Error {
	lex := lexer.New(&ast.Source{Input: query})
	for range maxTokens + 1 {
		token, err := lex.ReadToken()
		if readable := err == nil && token.Kind != lexer.EOF; !readable {
			return nil // what is wrong is for the parser to tell
		}
		if token.Kind == lexer.Name && len(token.Value) > maxName {
			return problem(codeTooLarge, "a name in the query is longer than %d bytes", maxName)
		}
	}
	return problem(codeTooLarge, "the query has more than %d tokens: ask in several queries", maxTokens)
}

// weight is what a selection amounts to with its fragments spread out.
type weight struct{ depth, aliases, directives, selections int }

// saturated bounds the sums: fragments that spread fragments multiply.
const saturated = 1 << 20

func (w *weight) add(v weight) {
	w.depth = max(w.depth, v.depth)
	w.aliases = min(saturated, w.aliases+v.aliases)
	w.directives = min(saturated, w.directives+v.directives)
	w.selections = min(saturated, w.selections+v.selections)
}

// scale weighs the operations of a document that need not be valid. It weighs each fragment once, so that
// it takes no longer than reading the document.
type scale struct {
	fragments map[string]*ast.FragmentDefinition
	known     map[string]weight
	open      map[string]bool // being weighed: a fragment that spreads itself ends here
}

func newScale(doc *ast.QueryDocument) *scale {
	s := &scale{fragments: map[string]*ast.FragmentDefinition{}, known: map[string]weight{}, open: map[string]bool{}}
	for _, f := range doc.Fragments {
		if s.fragments[f.Name] == nil { // of two with one name the first holds, until validation refuses them
			s.fragments[f.Name] = f
		}
	}
	return s
}

// tooHeavy returns what limit the document breaks; nil when none. Fragments that no operation spreads are
// weighed too: validation looks at them all the same.
func tooHeavy(doc *ast.QueryDocument) *gqlerror.Error {
	s := newScale(doc)
	selections, visits := 0, 0
	for _, op := range doc.Operations {
		w := s.selection(op.SelectionSet)
		w.directives += len(op.Directives)
		selections += w.selections
		w.selections = selections
		visits += s.visits(op.SelectionSet, map[string]bool{}) + ofDirectives(op.Directives)
		for _, v := range op.VariableDefinitions {
			visits += ofValue(v.DefaultValue) + ofDirectives(v.Directives)
		}
		if broken := w.limit(visits); broken != nil {
			return broken
		}
	}
	for _, f := range doc.Fragments {
		w := s.selection(f.SelectionSet)
		w.directives += len(f.Directives)
		visits += s.visits(f.SelectionSet, map[string]bool{})
		if broken := w.limit(visits); broken != nil {
			return broken
		}
	}
	return nil
}

// visits is how many selections and values validation goes through in the set, with each fragment once.
func (s *scale) visits(set ast.SelectionSet, seen map[string]bool) int {
	n := len(set)
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			n += ofArguments(sel.Arguments) + ofDirectives(sel.Directives) + s.visits(sel.SelectionSet, seen)
		case *ast.InlineFragment:
			n += ofDirectives(sel.Directives) + s.visits(sel.SelectionSet, seen)
		case *ast.FragmentSpread:
			n += ofDirectives(sel.Directives)
			if f := s.fragments[sel.Name]; f != nil && !seen[sel.Name] {
				seen[sel.Name] = true
				n += ofDirectives(f.Directives) + s.visits(f.SelectionSet, seen)
			}
		}
	}
	return n
}

func ofDirectives(directives ast.DirectiveList) int {
	n := len(directives)
	for _, d := range directives {
		n += ofArguments(d.Arguments)
	}
	return n
}

func ofArguments(arguments ast.ArgumentList) int {
	n := 0
	for _, arg := range arguments {
		n += ofValue(arg.Value)
	}
	return n
}

func ofValue(v *ast.Value) int {
	if v == nil {
		return 0
	}
	n := 1 + len(v.Raw)/visitedText
	for _, child := range v.Children {
		n += ofValue(child.Value)
	}
	return n
}

// limit returns what limit the weight breaks, or the visits so far; nil when none.
func (w weight) limit(visits int) *gqlerror.Error {
	switch {
	case w.depth > maxDepth:
		return problem(codeTooDeep, "the query nests fields %d deep, and %d is the most: ask in several queries", w.depth, maxDepth)
	case w.aliases > maxAliases:
		return problem(codeTooMany, "the query has %d aliases, and %d is the most: ask in several queries", w.aliases, maxAliases)
	case w.directives > maxDirectives:
		return problem(codeTooMany, "the query has %d directives, and %d is the most", w.directives, maxDirectives)
	case w.selections > maxSelections:
		return problem(codeTooMany, "the query asks for more than %d fields with its fragments spread out: ask in several queries", maxSelections)
	case visits > maxVisits:
		return problem(codeTooMany, "the query's operations and fragments go through more than %d fields, fragments and values: use fewer fragments, send long texts and lists as variables, or ask in several queries", maxVisits)
	default:
		return nil
	}
}

func (s *scale) selection(set ast.SelectionSet) weight {
	total := weight{selections: len(set)}
	for _, sel := range set {
		var w weight
		switch sel := sel.(type) {
		case *ast.Field:
			w = s.selection(sel.SelectionSet)
			w.depth++
			w.directives += len(sel.Directives)
			if sel.Alias != sel.Name {
				w.aliases++
			}
		case *ast.InlineFragment:
			w = s.selection(sel.SelectionSet)
			w.directives += len(sel.Directives)
		case *ast.FragmentSpread:
			w = s.fragment(sel.Name)
			w.directives += len(sel.Directives)
		}
		total.add(w)
	}
	return total
}

func (s *scale) fragment(name string) weight {
	if w, ok := s.known[name]; ok {
		return w
	}
	f := s.fragments[name]
	if f == nil || s.open[name] {
		return weight{} // validation says what is wrong
	}
	s.open[name] = true
	w := s.selection(f.SelectionSet)
	w.directives += len(f.Directives)
	delete(s.open, name)
	s.known[name] = w
	return w
}

// introspects reports whether the operation asks about the schema itself. Only a root can. It looks at each
// fragment once.
func introspects(doc *ast.QueryDocument, op *ast.OperationDefinition) bool {
	seen := map[string]bool{}
	var asks func(ast.SelectionSet) bool
	asks = func(set ast.SelectionSet) bool {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				if sel.Name == "__schema" || sel.Name == "__type" {
					return true
				}
			case *ast.InlineFragment:
				if asks(sel.SelectionSet) {
					return true
				}
			case *ast.FragmentSpread:
				if seen[sel.Name] {
					continue
				}
				seen[sel.Name] = true
				if f := doc.Fragments.ForName(sel.Name); f != nil && asks(f.SelectionSet) {
					return true
				}
			}
		}
		return false
	}
	return asks(op.SelectionSet)
}
