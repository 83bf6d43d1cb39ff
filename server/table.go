package main

import (
	"io"
	"text/tabwriter"
	"time"
)

// printTable writes lines whose cells are separated by tabs, in columns.
func printTable(out io.Writer, lines string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(w, lines); err != nil {
		return err
	}
	return w.Flush()
}

// orNone is a cell that may be empty.
func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// when is a cell for an instant that may be missing.
func when(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return minute(*at)
}
