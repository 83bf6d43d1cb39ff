package roster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

const (
	// participantChunk is how many lines go into one transaction: enough that its cost does not show,
	// few enough that intake never waits long for the cohort, nor SQLite for its one writer.
	participantChunk = 8000
	offeringChunk    = 500
)

// Options are how a caller follows an import. Both functions are optional, and called from one goroutine
// at a time.
type Options struct {
	// OnProgress is told how many bytes of the file have been dealt with.
	OnProgress func(bytes int64)
	// OnRowError is told of every row that was left out, in the order of the lines. Its error ends the
	// import.
	OnRowError func(registry.RowError) error
}

// Totals count the rows of a file. Every row is in one of them.
type Totals struct {
	Written   int // participants added; offerings added or changed
	Unchanged int // registered before, with the same data
	Refused   int // reported to OnRowError
}

// ImportParticipants reads the participants' file and registers its rows in the cohort, some thousands in
// a transaction. It stops at the first error that is not a row's. What was imported by then stays, and
// does no harm: importing the file again changes nothing of it.
//
// Beyond those of [registry.Registry.ImportParticipants] its error is a [FormatError] when the file cannot
// be read, or not to its end.
func ImportParticipants(ctx context.Context, reg *registry.Registry, v viewer.Viewer, cohort int, file io.Reader, o Options) (Totals, error) {
	var totals Totals
	// Without rows this checks that the viewer may and that the cohort is there, before anything is read.
	if _, err := reg.ImportParticipants(ctx, v, cohort, nil); err != nil {
		return totals, err
	}
	provinces, err := reg.DB().Client().Province.Query().IDs(ctx)
	if err != nil {
		return totals, fmt.Errorf("load the provinces: %w", err)
	}
	reader, err := NewParticipantReader(file, provinces)
	if err != nil {
		return totals, err
	}
	// Reading, sealing and storing go on at the same time, each a chunk ahead of the next. The chunks are
	// stored in the order of the file, because of two rows with one card the first holds.
	read, sealed := make(chan participantsChunk), make(chan participantsChunk)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(read)
		return readParticipants(ctx, reader, read)
	})
	group.Go(func() error {
		defer close(sealed)
		return sealParticipants(ctx, reg, read, sealed)
	})
	group.Go(func() error {
		for c := range sealed {
			result, err := reg.ImportSealed(ctx, v, cohort, c.sealed)
			if err != nil {
				return err
			}
			totals.Written += result.Added
			totals.Unchanged += result.Unchanged
			if err := o.report(&totals, append(c.errors, result.Errors...), c.bytes); err != nil {
				return err
			}
			if c.end != nil && !errors.Is(c.end, io.EOF) {
				return c.end
			}
		}
		return nil
	})
	err = group.Wait()
	return totals, err
}

// participantsChunk is some lines of the file on their way into the database.
type participantsChunk struct {
	rows   []registry.ParticipantRow
	sealed registry.SealedRows
	errors []registry.RowError
	bytes  int64 // of the file, up to the end of the chunk
	// end is what ended the reading, io.EOF at the end of the file. It travels with the last chunk, so that
	// everything before it is stored, on every machine alike.
	end error
}

func readParticipants(ctx context.Context, reader *ParticipantReader, out chan<- participantsChunk) error {
	for {
		c := nextParticipants(reader)
		if err := send(ctx, out, c); err != nil || c.end != nil {
			return err
		}
	}
}

func nextParticipants(reader *ParticipantReader) (c participantsChunk) {
	for len(c.rows)+len(c.errors) < participantChunk {
		row, err := reader.Read()
		var rowErr registry.RowError
		switch {
		case err == nil:
			c.rows = append(c.rows, row)
		case errors.As(err, &rowErr):
			c.errors = append(c.errors, rowErr)
		default:
			c.end, c.bytes = err, reader.Bytes()
			return c
		}
	}
	c.bytes = reader.Bytes()
	return c
}

func sealParticipants(ctx context.Context, reg *registry.Registry, in <-chan participantsChunk, out chan<- participantsChunk) error {
	for c := range in {
		var err error
		if c.sealed, err = reg.SealParticipants(ctx, c.rows); err != nil {
			return err
		}
		c.rows = nil // they hold what is personal
		if err := send(ctx, out, c); err != nil {
			return err
		}
	}
	return nil
}

func send(ctx context.Context, out chan<- participantsChunk, c participantsChunk) error {
	select {
	case out <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// report tells the caller what became of a chunk.
func (o Options) report(totals *Totals, rowErrors []registry.RowError, bytes int64) error {
	totals.Refused += len(rowErrors)
	if o.OnRowError != nil {
		slices.SortStableFunc(rowErrors, func(a, b registry.RowError) int { return cmp.Compare(a.Line, b.Line) })
		for _, e := range rowErrors {
			if err := o.OnRowError(e); err != nil {
				return err
			}
		}
	}
	if o.OnProgress != nil {
		o.OnProgress(bytes)
	}
	return nil
}

// ImportOfferings reads the offerings' file of a platform and puts its rows into the catalogue, some
// hundreds in a transaction. Like [ImportParticipants], it may be repeated.
func ImportOfferings(ctx context.Context, reg *registry.Registry, v viewer.Viewer, platform string, file io.Reader, o Options) (Totals, error) {
	var totals Totals
	// As above: without offerings this only checks the viewer and the platform.
	if _, err := reg.PutOfferings(ctx, v, platform, nil); err != nil {
		return totals, err
	}
	reader, err := NewOfferingReader(file, platform)
	if err != nil {
		return totals, err
	}
	for {
		offerings, rowErrors, rerr := readOfferings(reader)
		changed, err := reg.PutOfferings(ctx, v, platform, offerings)
		if err != nil {
			return totals, err
		}
		totals.Written += changed
		totals.Unchanged += len(offerings) - changed
		if err := o.report(&totals, rowErrors, reader.Bytes()); err != nil {
			return totals, err
		}
		if errors.Is(rerr, io.EOF) {
			return totals, nil
		}
		if rerr != nil {
			return totals, rerr
		}
	}
}

// readOfferings reads the next chunk and returns the error that ended it, nil if there may be more.
func readOfferings(reader *OfferingReader) (offerings []registry.Offering, rowErrors []registry.RowError, err error) {
	for len(offerings)+len(rowErrors) < offeringChunk {
		var offering registry.Offering
		var rowErr registry.RowError
		switch offering, _, err = reader.Read(); {
		case err == nil:
			offerings = append(offerings, offering)
		case errors.As(err, &rowErr):
			rowErrors = append(rowErrors, rowErr)
		default:
			return offerings, rowErrors, err
		}
	}
	return offerings, rowErrors, nil
}
