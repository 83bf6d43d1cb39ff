package main

import (
	"io"
	"text/tabwriter"
)

// printTable writes lines whose cells are separated by tabs, in columns.
func printTable(out io.Writer, lines string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(w, lines); err != nil {
		return err
	}
	return w.Flush()
}
