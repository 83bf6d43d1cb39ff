package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"gelombang/internal/registry"
	"gelombang/internal/roster"
)

// importCommands bring in what comes from elsewhere.
type importCommands struct {
	Participants importParticipants `cmd:"" help:"Register the participants of a cohort."`
	Offerings    importOfferings    `cmd:"" help:"Put the offerings of a platform into the catalogue."`
	Sample       importSample       `cmd:"" help:"Put in the sample catalogue and the cohorts of 2021, to try things out."`
}

type importParticipants struct {
	File   string `arg:"" help:"A CSV file with a header; - reads standard input."`
	Cohort int    `required:"" placeholder:"N" help:"The cohort they are members of; it has been announced."`
	Report string `placeholder:"FILE" help:"Where refused rows are reported (default FILE.errors.csv)."`

	storage `embed:""`
}

// Help is shown by --help.
func (importParticipants) Help() string {
	return `Columns go by name: card_number, nik, name, email, phone, province, regency, gender, birth_date, education. Only card_number is required. Gender is F or M, dates are ISO days, provinces and regencies are BPS codes. Nothing is guessed: a row that is not as it should be is left out and reported with its line and the reason; the others are imported.

Importing a file again changes nothing. Purchases that were waiting for a card are applied by themselves. The exit code is 1 when rows were refused.

Examples:

	gelombang import participants cohort13.csv --cohort 13
	zcat cohort13.csv.gz | gelombang import participants - --cohort 13 --report refused.csv`
}

// Run implements the command.
func (c *importParticipants) Run(t *terminal) error {
	return c.with(t, func(r *registry.Registry) error {
		return importFile(t, c.File, c.Report, "added", func(file io.Reader, o roster.Options) (roster.Totals, error) {
			return roster.ImportParticipants(t.ctx, r, atTheTerminal, c.Cohort, file, o)
		})
	})
}

type importOfferings struct {
	File     string `arg:"" help:"A CSV file with a header; - reads standard input."`
	Platform string `required:"" placeholder:"CODE" help:"The platform that sells them; 'platform list' shows the codes."`
	Report   string `placeholder:"FILE" help:"Where refused rows are reported (default FILE.errors.csv)."`

	storage `embed:""`
}

// Help is shown by --help.
func (importOfferings) Help() string {
	return `Columns go by name: course_code, title, provider, category, mode, price, url. Modes are online, offline and blended; prices are whole rupiah. Importing a file again changes nothing. The exit code is 1 when rows were refused.

Example:

	gelombang import offerings catalogue.csv --platform pintaria`
}

// Run implements the command.
func (c *importOfferings) Run(t *terminal) error {
	return c.with(t, func(r *registry.Registry) error {
		return importFile(t, c.File, c.Report, "written", func(file io.Reader, o roster.Options) (roster.Totals, error) {
			return roster.ImportOfferings(t.ctx, r, atTheTerminal, c.Platform, file, o)
		})
	})
}

// importFile runs an import of the named file: a progress bar, a report of what was refused, and a
// summary, in which what was written goes by the given word.
func importFile(t *terminal, name, reportName, written string, run func(io.Reader, roster.Options) (roster.Totals, error)) (err error) {
	in, size, err := openInput(t, name)
	if err != nil {
		return usage(err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if reportName == "" {
		reportName = defaultReport(name)
	}
	refused, err := newReport(reportName)
	if err != nil {
		return usage(err)
	}
	bar := t.bytesProgress(filepath.Base(name), size)
	totals, err := run(in, roster.Options{OnProgress: bar.set, OnRowError: refused.add})
	bar.end(t)
	err = errors.Join(err, refused.close())
	if err != nil {
		if totals.Refused > 0 {
			t.log.Warn("rows were refused; the report says which and why", slog.Int("rows", totals.Refused), slog.String("report", reportName))
		}
		if done := totals.Written + totals.Unchanged; done > 0 {
			t.log.Warn("the import ended early; what was imported by then stays, and importing the file again changes nothing of it", slog.Int("rows", done))
		}
		return misuse(err)
	}
	if err := printTable(t.out, fmt.Sprintf("%s\t%d\nunchanged\t%d\nrefused\t%d\n", written, totals.Written, totals.Unchanged, totals.Refused)); err != nil {
		return err
	}
	switch totals.Refused {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("1 row was refused: %s says which and why", reportName)
	default:
		return fmt.Errorf("%d rows were refused: %s says which and why", totals.Refused, reportName)
	}
}

// standardInput is the name of a file that means standard input.
const standardInput = "-"

// openInput opens a file and tells its size in bytes, 0 when that is not known.
func openInput(t *terminal, name string) (io.ReadCloser, int64, error) {
	if name == standardInput {
		return io.NopCloser(t.in), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	if info.Mode().IsRegular() {
		return f, info.Size(), nil
	}
	return f, 0, nil
}

func defaultReport(name string) string {
	if name == standardInput {
		name = "stdin"
	}
	return name + ".errors.csv"
}
