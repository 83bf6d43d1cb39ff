package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// ownPrefix begins the names of our environment variables; testPrefix those of our tests.
const (
	ownPrefix  = "GELOMBANG_"
	testPrefix = "GELOMBANG_TEST_"
)

// unknownVariables returns the names of environment variables that look like ours but mean nothing
// to any command: most likely a slip.
func unknownVariables(root *kong.Node, environment []string) []string {
	known := map[string]bool{}
	var learn func(*kong.Node)
	learn = func(n *kong.Node) {
		for _, flag := range n.Flags {
			for _, name := range flag.Envs {
				known[name] = true
			}
		}
		for _, child := range n.Children {
			learn(child)
		}
	}
	learn(root)
	var unknown []string
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, ownPrefix) && !strings.HasPrefix(name, testPrefix) && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}
