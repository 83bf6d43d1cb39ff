// Package interop holds the endpoint and its schema against programs that are not ours: the audits of
// graphql-http, the compiler of Relay, the rules of graphql-eslint, and the comparison of graphql-inspector. They
// are npm packages, installed by `npm ci --prefix graph/interop`; the package has tests only.
//
// schema.graphql may grow freely. What breaks clients is refused until accepted.graphql, the schema as it was last
// accepted, is renewed by `npm run accept --prefix graph/interop`.
package interop
