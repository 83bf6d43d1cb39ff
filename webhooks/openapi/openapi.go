// Package openapi holds the webhook contract as an OpenAPI 3.1 document, written by hand: what a
// platform may send, how it is signed, and what each answer means. The server publishes it at
// /webhooks/openapi.json.
//
// It is a description, not the judge: package payload parses, package signature verifies. The
// tests of this package keep the two in step.
package openapi

import _ "embed"

// Document is the contract, as UTF-8 JSON. It must not be modified.
//
//go:embed openapi.json
var Document []byte
