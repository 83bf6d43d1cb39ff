package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"gelombang/internal/db"
	"gelombang/internal/registry"
)

// failure is an error whose text may be stored: River keeps the texts of a job's errors beside it. The error that it
// is about may hold personal data, as a database's does that repeats the value it refused; it goes to the log only,
// under the log's rules.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }

func (f *failure) Unwrap() error { return f.err }

// asFailure says of err what can be said without repeating any of its text: a code of the registry, which comes with a
// text that is safe to show, a code of the database, or the type of its innermost error.
func asFailure(err error) *failure {
	var known *failure
	var mistake *registry.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &mistake):
		return &failure{text: string(mistake.Code) + ": " + mistake.Message, err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{text: "out of time", err: err}
	}
	if told := db.LogError(err); told.Value.Kind() == slog.KindGroup {
		return &failure{text: "database: " + told.Value.String(), err: err}
	}
	return &failure{text: fmt.Sprintf("internal error, see the log (%T)", innermost(err)), err: err}
}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
