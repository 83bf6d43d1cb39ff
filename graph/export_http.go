package graph

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"gelombang/graph/export"
)

// exportPatience is how long a client may take for one piece of a file, about 64 KB. It is shorter than a snapshot
// waits between two statements: a client that has stalled must not keep the database waiting.
const exportPatience = 45 * time.Second

// exportAgain is how many seconds who asks for too many exports at once is told to wait.
const exportAgain = 30

// export answers with a file. An error before its first byte is answered in JSON with a status of its own. After it
// the connection is cut, so that nobody takes a part of a file for the whole.
func (x exchange) export(ctx context.Context, format export.Format, params *graphql.RawParams) {
	if x.r.Method != http.MethodPost {
		x.refuse(&refusal{status: http.StatusMethodNotAllowed, code: codeBadRequest, message: "an export needs POST", allow: http.MethodPost})
		return
	}
	allowed := x.budget(x.asking).exportTime()
	ctx, cancel := context.WithTimeout(graphql.StartOperationTrace(ctx), allowed)
	defer cancel()
	op, plan, errs := x.prepareExport(ctx, x.asking, params)
	if len(errs) > 0 {
		x.rejectExport(errs)
		return
	}
	release := x.exports.take(x.asking)
	if release == nil {
		x.refuse(&refusal{
			status: http.StatusTooManyRequests, code: codeRateLimited, wait: exportAgain,
			message: "too many exports are under way: wait for one to end, or as long as Retry-After says",
		})
		return
	}
	defer release()
	file := newAttachment(x.w, plan.field+"."+string(format), format.ContentType())
	packed := file.packed(format, x.r.Header)
	run := &exportRun{plan: plan, out: format.New(packed, plan.table.Columns), flush: packed.flush, time: allowed}
	errs = x.handler.export(ctx, op, run)
	if len(errs) == 0 {
		if err := packed.end(); err != nil {
			errs = gqlerror.List{x.presenter.present(ctx, err)}
		}
	}
	switch {
	case len(errs) == 0:
		file.begin() // also of a file without a byte
		x.metrics.count(x.asking, outcomeAnswered)
	case !file.begun:
		x.rejectExport(errs)
	default:
		x.metrics.count(x.asking, outcomeErrors)
		x.cut(ctx, errs, run)
	}
}

// cut ends an export that has begun. Why, is in the log: who reads the file is told no more than that it is not whole.
func (x exchange) cut(ctx context.Context, errs gqlerror.List, run *exportRun) {
	level, why := slog.LevelError, codeOf(errs)
	if x.r.Context().Err() != nil {
		level, why = slog.LevelInfo, "the client went away"
	}
	x.log.Log(ctx, level, "an export was cut off", slog.String("field", run.plan.field), slog.Int("rows", run.rows), slog.String("why", why))
	panic(http.ErrAbortHandler) // how net/http is asked to cut the connection
}

// exportStatus are the statuses of the errors that are not the client's to mend in the query.
var exportStatus = map[string]int{
	codeForbidden:   http.StatusForbidden,
	codeTimeout:     http.StatusServiceUnavailable,
	codeUnavailable: http.StatusServiceUnavailable,
	codeInternal:    http.StatusInternalServerError,
}

// rejectExport answers an export of which nothing was written. Its client does not ask for GraphQL's answers, so
// that the status says what is the matter.
func (x exchange) rejectExport(errs gqlerror.List) {
	for _, e := range errs {
		if e.Extensions["code"] == nil {
			e.Extensions = map[string]any{"code": codeBadInput}
		}
	}
	status, known := exportStatus[codeOf(errs)]
	if !known {
		status = http.StatusBadRequest
	}
	x.metrics.count(x.asking, outcomeRejected)
	renewDeadline(http.NewResponseController(x.w))
	x.write(status, body(&graphql.Response{Errors: errs}))
}

func codeOf(errs gqlerror.List) string {
	code, _ := errs[0].Extensions["code"].(string)
	return code
}

// attachment is a file as an answer. Its header is written with the first byte.
type attachment struct {
	w           http.ResponseWriter
	control     *http.ResponseController
	name, media string
	encoding    string // of the content; empty for none
	vary        bool   // whether the encoding is what the client accepts
	begun       bool
}

// newAttachment makes the connection ready for an answer that takes longer than the server's own deadline for writing
// allows.
func newAttachment(w http.ResponseWriter, name, media string) *attachment {
	w.Header().Set("Connection", "close") // the deadline of this answer is not for the next
	return &attachment{w: w, control: http.NewResponseController(w), name: name, media: media}
}

// begin writes the header, once.
func (a *attachment) begin() {
	if a.begun {
		return
	}
	a.begun = true
	h := a.w.Header()
	h.Set("Content-Type", a.media)
	h.Set("Content-Disposition", `attachment; filename="`+a.name+`"`)
	h.Set("Cache-Control", "no-store")
	if a.vary {
		h.Set("Vary", "Accept-Encoding")
	}
	if a.encoding != "" {
		h.Set("Content-Encoding", a.encoding)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	a.w.WriteHeader(http.StatusOK)
}

// Write implements io.Writer.
func (a *attachment) Write(p []byte) (int, error) {
	a.begin()
	renewDeadline(a.control)
	return a.w.Write(p)
}

// renewDeadline gives the client time for what is written next. A response writer that has no deadlines needs none.
func renewDeadline(c *http.ResponseController) {
	_ = c.SetWriteDeadline(time.Now().Add(exportPatience))
}

// flush sends what was written. Before the first byte there is nothing to send.
func (a *attachment) flush() error {
	if !a.begun {
		return nil
	}
	if err := a.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
