package direct

// Type is an object type of the schema.
type Type struct {
	Name string
	// Satisfies are the type conditions of fragments that hold for the type: its name, and those of its interfaces
	// and unions.
	Satisfies []string
	// Fields are those that can be written, by number. What asks for another cannot be compiled.
	Fields []TypeField
}

// TypeField is a field of an object type.
type TypeField struct {
	Name string
	// Types are the object types that may be behind the field: none of a scalar, several of an interface.
	Types []string
}

// object is a [Type] that knows the types behind its fields.
type object struct {
	name      string
	satisfies []string
	fields    map[string]objectField
}

type objectField struct {
	index  int
	behind []*object
}

// link returns the types by their names.
func link(types []Type) map[string]*object {
	byName := make(map[string]*object, len(types))
	for _, t := range types {
		byName[t.Name] = &object{name: t.Name, satisfies: t.Satisfies, fields: make(map[string]objectField, len(t.Fields))}
	}
	for _, t := range types {
		for i, f := range t.Fields {
			linked := objectField{index: i}
			for _, name := range f.Types {
				linked.behind = append(linked.behind, byName[name])
			}
			byName[t.Name].fields[f.Name] = linked
		}
	}
	return byName
}
