// Package web holds what the server shows in a browser: the page at the root and the GraphQL explorer.
// Everything is embedded and comes from this server, so that both work without a network.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
)

//go:embed home.html explorer.html assets graphiql/*.js graphiql/*.css
var files embed.FS

// The policies say what a page may load. The explorer's editor sets styles in the page itself and
// its style sheet carries its fonts and pictures as data.
const (
	homePolicy     = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	explorerPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// Home is what the page at the root says.
type Home struct {
	WindowDays int
	Now        string // in WIB, to the minute
	Note       string // what is special about this server; may be empty
	Version    string
}

// HomePage serves the page at the root, with what current returns.
func HomePage(current func() Home) (http.Handler, error) {
	page, err := template.ParseFS(files, "home.html")
	if err != nil {
		return nil, fmt.Errorf("the page at the root: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var body bytes.Buffer
		if err := page.Execute(&body, current()); err != nil {
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
		sendPage(w, homePolicy, body.Bytes())
	}), nil
}

// ExplorerPage serves the page of the GraphQL explorer.
func ExplorerPage() (http.Handler, error) {
	page, err := files.ReadFile("explorer.html")
	if err != nil {
		return nil, fmt.Errorf("the explorer's page: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sendPage(w, explorerPolicy, page)
	}), nil
}

func sendPage(w http.ResponseWriter, policy string, page []byte) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(page) // the browser may be gone
}

// Assets serves the files that the pages load, at /assets/ and /graphiql/. There are no listings.
func Assets() http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path[1:]
		if info, err := fs.Stat(files, name); err != nil || info.IsDir() {
			http.NotFound(w, r)
			return
		}
		// They change with the version of the program only.
		w.Header().Set("Cache-Control", "public, max-age=3600")
		server.ServeHTTP(w, r)
	})
}
