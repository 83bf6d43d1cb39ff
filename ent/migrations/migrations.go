// Package migrations embeds the reviewed, versioned SQL of both dialects. The two folders have the
// same version numbers.
package migrations

import "embed"

// Files holds the folders postgres and sqlite.
//
//go:embed postgres/*.sql sqlite/*.sql
var Files embed.FS
