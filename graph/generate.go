package graph

// gqlgen finds gqlgen.yml in a folder above this one and works there.
//go:generate go tool gqlgen generate
