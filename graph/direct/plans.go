package direct

import (
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// maxKept is how many fields the plans that are kept of one document have at most. A document can ask for far more
// than it is long: a fragment is compiled wherever it is spread, and what is asked of an interface for every type that
// may be behind it.
const maxKept = 400

// Plans are what was compiled of one document. They are for whoever keeps the document to keep beside it: they hold
// for that syntax tree alone. The zero value is empty. Plans may be used by several requests at a time.
type Plans struct {
	mu     sync.RWMutex
	forms  map[*ast.OperationDefinition]form
	kept   map[rootField]*plan // nil for one that cannot be compiled
	fields int                 // of all that is kept
}

// rootField is a root field of an operation. What is asked of it depends on both: a field in a fragment is merged with
// what else the operation asks for.
type rootField struct {
	op   *ast.OperationDefinition
	node *ast.Field
}

// form says what the directives in an operation do to its plans.
type form struct {
	known bool // there are none but @skip and @include
	fixed bool // and these do not depend on variables
}

// find returns the plan of the root field; nil when it cannot be compiled. Where there are no plans to keep it in, it
// is compiled for this once.
func (p *Plans) find(s *Schema, op *graphql.OperationContext, asked graphql.CollectedField) *plan {
	if p == nil {
		return s.compileAs(formOf(op), op, asked)
	}
	key := rootField{op.Operation, asked.Field}
	p.mu.RLock()
	kept, found := p.kept[key]
	of, seen := p.forms[op.Operation]
	p.mu.RUnlock()
	if found {
		return kept
	}
	if !seen {
		of = formOf(op)
	}
	compiled := s.compileAs(of, op, asked)
	p.keep(key, of, compiled)
	return compiled
}

func (s *Schema) compileAs(of form, op *graphql.OperationContext, asked graphql.CollectedField) *plan {
	if !of.known {
		return nil
	}
	return s.compile(op, asked)
}

// keep keeps the form of the operation, and the plan if it is the same for every request and there is room for it.
func (p *Plans) keep(key rootField, of form, compiled *plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.forms == nil {
		p.forms, p.kept = map[*ast.OperationDefinition]form{}, map[rootField]*plan{}
	}
	p.forms[key.op] = of
	if of.known && !of.fixed {
		return
	}
	size := 1
	if compiled != nil {
		size = compiled.fields
	}
	if _, found := p.kept[key]; !found && p.fields+size <= maxKept {
		p.kept[key] = compiled
		p.fields += size
	}
}

// formOf looks at the directives in the operation and in the fragments that it spreads.
func formOf(op *graphql.OperationContext) form {
	l := look{doc: op.Doc, seen: map[string]bool{}, form: form{known: true, fixed: true}}
	l.at(op.Operation.SelectionSet)
	return l.form
}

type look struct {
	doc  *ast.QueryDocument
	seen map[string]bool // fragments
	form form
}

func (l *look) at(set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			l.directives(sel.Directives)
			l.at(sel.SelectionSet)
		case *ast.InlineFragment:
			l.directives(sel.Directives)
			l.at(sel.SelectionSet)
		case *ast.FragmentSpread:
			l.directives(sel.Directives)
			if f := l.doc.Fragments.ForName(sel.Name); f != nil && !l.seen[sel.Name] {
				l.seen[sel.Name] = true
				l.at(f.SelectionSet)
			}
		}
	}
}

func (l *look) directives(list ast.DirectiveList) {
	for _, d := range list {
		if d.Name != "skip" && d.Name != "include" {
			l.form.known = false
		}
		for _, arg := range d.Arguments {
			if arg.Value.Kind == ast.Variable {
				l.form.fixed = false
			}
		}
	}
}
