package stmtcache

import "context"

type shortKey struct{}

// Short returns a context that says of the statements that run under it that they find what they look for by its keys,
// in milliseconds and in the same way whatever the keys are. So they may be kept on a server, where one plan may then do
// for all values, and need not be watched; see [Policy].
func Short(ctx context.Context) context.Context { return context.WithValue(ctx, shortKey{}, true) }

func isShort(ctx context.Context) bool { return ctx.Value(shortKey{}) != nil }
