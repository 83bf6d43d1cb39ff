package graph

import (
	"compress/gzip"
	"mime"
	"net/http"
	"strings"

	"gelombang/graph/export"
)

// packing is an attachment on its way through gzip, or as it is where gz is nil. The end of gzip's own format is written
// only when the file is whole, so that one that was cut is known by that as well.
type packing struct {
	*attachment
	gz *gzip.Writer
}

// packed prepares the attachment for gzip, where the format gains by it and the client accepts it. Parquet has a
// compression of its own.
func (a *attachment) packed(f export.Format, asked http.Header) packing {
	if f == export.Parquet {
		return packing{attachment: a}
	}
	a.vary = true
	if !acceptsGzip(asked) {
		return packing{attachment: a}
	}
	a.encoding = "gzip"
	gz, _ := gzip.NewWriterLevel(a, gzip.BestSpeed) // the database waits for us; the level is one that there is
	return packing{attachment: a, gz: gz}
}

// Write implements io.Writer.
func (p packing) Write(text []byte) (int, error) {
	if p.gz == nil {
		return p.attachment.Write(text)
	}
	return p.gz.Write(text)
}

// flush sends what was written, so that the client has whole rows of it.
func (p packing) flush() error {
	if p.gz != nil {
		if err := p.gz.Flush(); err != nil {
			return err
		}
	}
	return p.attachment.flush()
}

// end writes the end of a file that is whole.
func (p packing) end() error {
	if p.gz == nil {
		return nil
	}
	return p.gz.Close()
}

// acceptsGzip reports whether the Accept-Encoding header (RFC 9110, section 12.5.3) names gzip, or everything, without
// ruling gzip out.
func acceptsGzip(h http.Header) bool {
	accepted := false
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, parameters, _ := strings.Cut(part, ";")
		_, params, err := mime.ParseMediaType("x/x;" + parameters)
		if err != nil {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return quality(params) > 0
		case "*":
			accepted = quality(params) > 0
		}
	}
	return accepted
}
