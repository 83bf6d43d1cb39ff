package graph

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"gelombang/graph/export"
)

// The media types of an answer, by GraphQL over HTTP.
const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
)

// answerType chooses the media type of the answer by the Accept header, see [preferred]. Where that is of a file, it
// returns its format too, and the media type is that of an error.
func answerType(h http.Header) (string, export.Format) {
	accept := strings.Join(h.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return mediaJSON, ""
	}
	media := preferred(accept)
	if format := export.OfMedia(media); format != "" {
		return mediaJSON, format
	}
	return media, ""
}

// preferred is the media type that the client likes best, and of those it likes alike the one named more exactly, and
// then the first. It returns "" when none will do.
func preferred(accept string) string {
	best, bestQuality, bestExactness := "", 0.0, 0
	for _, part := range strings.Split(accept, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		choice, exactness := matching(media)
		q := quality(params)
		if choice == "" || q <= 0 {
			continue
		}
		if q > bestQuality || (q == bestQuality && exactness > bestExactness) {
			best, bestQuality, bestExactness = choice, q, exactness
		}
	}
	return best
}

func matching(media string) (choice string, exactness int) {
	switch media {
	case mediaResponse:
		return mediaResponse, 3
	case mediaJSON:
		return mediaJSON, 3
	case "application/*":
		return mediaJSON, 2
	case "*/*":
		return mediaJSON, 1
	}
	if export.OfMedia(media) != "" { // a file is asked for by its name only
		return media, 3
	}
	return "", 0
}

func quality(params map[string]string) float64 {
	q, given := params["q"]
	if !given {
		return 1
	}
	f, err := strconv.ParseFloat(q, 64)
	if err != nil || f < 0 || f > 1 {
		return 0
	}
	return f
}

// isJSON reports whether the body of the request is declared to be JSON in UTF-8. Insisting on that is what
// keeps other sites' forms out: a browser asks first before it sends this media type across sites.
func isJSON(h http.Header) bool {
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || media != mediaJSON {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}
