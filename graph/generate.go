package graph

// gqlgen, with the direct writers as a plugin. It finds gqlgen.yml in a folder above this one and works there.
//go:generate go run gelombang/graph/direct/generate
