package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"gelombang/internal/registry"
)

// reportHeader begins a report, and tells one that an earlier import left from somebody's own file.
const reportHeader = "line,code,message\n"

// report is the file of the rows that an import refused: line, code and message, never a value of
// the row. It takes its name when it is complete, in place of one that an earlier import left.
type report struct {
	name string
	file *os.File // under a name of its own until then
	csv  *csv.Writer
	rows int
}

// newReport makes the file at once: what cannot be written is found before anything is imported. It
// refuses to take the place of a file that is not a report.
func newReport(name string) (*report, error) {
	if err := mayReplace(name); err != nil {
		return nil, fmt.Errorf("the report of refused rows: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return nil, fmt.Errorf("the report of refused rows: %w", err)
	}
	r := &report{name: name, file: f, csv: csv.NewWriter(f)}
	if _, err := io.WriteString(f, reportHeader); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return r, nil
}

// mayReplace reports whether there is nothing under the name, or a report.
func mayReplace(name string) error {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	begins := make([]byte, len(reportHeader))
	if info.Mode().IsRegular() {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		_, err = io.ReadFull(f, begins)
		if cerr := f.Close(); cerr != nil {
			return cerr
		}
		if err == nil && bytes.Equal(begins, []byte(reportHeader)) {
			return nil
		}
	}
	return fmt.Errorf("%s exists and is not a report of an earlier import: move it, or name another with --report", name)
}

// add writes a row. The writer keeps its first error, which close returns.
func (r *report) add(e registry.RowError) error {
	r.rows++
	return r.csv.Write([]string{strconv.Itoa(e.Line), e.Code, e.Message})
}

// close ends the report. Without rows there is no file, not even that of an earlier import.
func (r *report) close() error {
	r.csv.Flush()
	err := errors.Join(r.csv.Error(), r.file.Close())
	switch {
	case err != nil:
		err = errors.Join(err, os.Remove(r.file.Name()))
	case r.rows > 0:
		err = os.Rename(r.file.Name(), r.name)
	default:
		err = os.Remove(r.file.Name())
		if rerr := os.Remove(r.name); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	if err != nil {
		return fmt.Errorf("the report of refused rows: %w", err)
	}
	return nil
}
