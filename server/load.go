package main

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"gelombang/server/simulate"
)

type simulateLoad struct {
	Cards        string        `arg:"" help:"A file of card numbers, one a line; - reads standard input."`
	Count        int           `short:"n" default:"1000" placeholder:"N" group:"message" help:"How many deliveries, duplicates and voids included (default ${default})."`
	Concurrency  int           `short:"c" default:"16" placeholder:"N" group:"sending" help:"How many at a time (default ${default})."`
	Duplicates   float64       `default:"5" placeholder:"PERCENT" group:"message" help:"How many of a hundred messages are sent twice (default ${default})."`
	Voids        float64       `default:"2" placeholder:"PERCENT" group:"message" help:"How many of a hundred purchases are voided (default ${default})."`
	Disorder     float64       `default:"10" placeholder:"PERCENT" group:"message" help:"How many of a hundred deliveries come out of order (default ${default})."`
	Within       time.Duration `default:"1h" placeholder:"D" group:"message" help:"Purchases are spread over this long before the present (default ${default})."`
	Seed         uint64        `placeholder:"N" group:"message" help:"Draws the same messages each time, given the same cards and --at. The default is another one each time, told in the log."`
	ManifestFile string        `name:"manifest" placeholder:"FILE" group:"sending" help:"Write what was acknowledged there, one JSON object a line."`

	sending `embed:""`
}

// Help is shown by --help.
func (simulateLoad) Help() string {
	return `Every platform with a secret sells in turn. The result is a summary of the answers, those of the quarantine by their reason. The exit code is 0 when every delivery was acknowledged, with 200 or, kept in quarantine, with 202; otherwise 1.

Examples:

	export GELOMBANG_WEBHOOK_SECRETS=tokopedia=whsec_…,pintaria=whsec_…
	gelombang simulate load cards.txt -n 50000 -c 64 --retry --manifest acknowledged.ndjson
	cut -d, -f1 cohort13.csv | tail -n +2 | gelombang simulate load - --seed 7`
}

// Run implements the command.
func (c *simulateLoad) Run(t *terminal) error {
	sender, now, err := c.sender(c.Concurrency)
	if err != nil {
		return err
	}
	messages, err := c.plan(t, sender, now)
	if err != nil {
		return usage(err)
	}
	load := simulate.Load{Sender: sender, Concurrency: c.Concurrency}
	var acknowledged *simulate.Manifest
	if c.ManifestFile != "" {
		if acknowledged, err = simulate.NewManifest(c.ManifestFile); err != nil {
			return usage(err)
		}
	}
	bar := t.countProgress("deliveries", int64(len(messages)))
	load.OnDelivered = func(m simulate.Message, a simulate.Answer) error {
		bar.add()
		if acknowledged == nil {
			return nil
		}
		return acknowledged.Add(m, a)
	}
	tally, err := load.Run(t.ctx, messages)
	bar.end(t)
	if acknowledged != nil {
		err = errors.Join(err, acknowledged.Close())
	}
	if err = errors.Join(err, tally.Print(t.out)); err != nil {
		return err
	}
	if left := len(messages) - tally.Acknowledged; left > 0 {
		return fmt.Errorf("%d deliveries were not acknowledged", left)
	}
	return nil
}

// plan draws the messages.
func (c *simulateLoad) plan(t *terminal, sender *simulate.Sender, now time.Time) ([]simulate.Message, error) {
	if c.Concurrency < 1 {
		return nil, errors.New("--concurrency is not positive")
	}
	cards, err := readLines(t, c.Cards)
	if err != nil {
		return nil, err
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64() | 1
		t.log.Info("the messages are drawn", slog.Uint64("seed", c.Seed))
	}
	const percent = 100
	return simulate.Plan{
		Count: c.Count, Cards: cards, Platforms: slices.Sorted(maps.Keys(sender.Signers)), Seed: c.Seed, At: now, Within: c.Within,
		Duplicates: c.Duplicates / percent, Voids: c.Voids / percent, Disorder: c.Disorder / percent,
	}.Messages()
}

// readLines returns the lines of a file that are not empty.
func readLines(t *terminal, name string) (_ []string, err error) {
	in, _, err := openInput(t, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	var lines []string
	for scanner := bufio.NewScanner(in); ; {
		if !scanner.Scan() {
			return lines, scanner.Err()
		}
		if line := scanner.Text(); line != "" {
			lines = append(lines, line)
		}
	}
}
