package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"

	"gelombang/internal/registry"
)

// report is the file of the rows that an import refused: line, code and message, never a value of
// the row.
type report struct {
	file *os.File
	csv  *csv.Writer
	rows int
}

// newReport makes the file at once, in place of one that an earlier import left: what cannot be
// written is found before anything is imported.
func newReport(name string) (*report, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the report of refused rows: %w", err)
	}
	r := &report{file: f, csv: csv.NewWriter(f)}
	if err := r.csv.Write([]string{"line", "code", "message"}); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// add writes a row. The writer keeps its first error, which close returns.
func (r *report) add(e registry.RowError) error {
	r.rows++
	return r.csv.Write([]string{strconv.Itoa(e.Line), e.Code, e.Message})
}

// close ends the report. Without rows there is no file.
func (r *report) close() error {
	r.csv.Flush()
	err := errors.Join(r.csv.Error(), r.file.Close())
	if r.rows == 0 {
		err = errors.Join(err, os.Remove(r.file.Name()))
	}
	if err != nil {
		return fmt.Errorf("the report of refused rows: %w", err)
	}
	return nil
}
