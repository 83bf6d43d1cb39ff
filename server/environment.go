package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// checkEnvironment looks at every environment variable that the command takes before kong does,
// which stops at the first that it cannot read.
func checkEnvironment(ctx *kong.Context) error {
	var problems []error
	for _, path := range ctx.Path {
		for _, flag := range path.Flags {
			for _, name := range flag.Envs {
				value, set := os.LookupEnv(name)
				if !set {
					continue
				}
				// Read into a value of the same type that is thrown away.
				scratch := reflect.New(flag.Target.Type()).Elem()
				scan := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: value})
				if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, scratch); err != nil {
					problems = append(problems, fmt.Errorf("%s is not usable: %w", name, err))
				}
			}
		}
	}
	return errors.Join(problems...)
}

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
