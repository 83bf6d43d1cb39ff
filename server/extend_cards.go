package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"gelombang/graph/scalar"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

type extendCards struct {
	Cohort int      `arg:"" help:"The cohort's number."`
	Cards  []string `arg:"" name:"cards" help:"Card numbers, or files with one card number a line; - reads standard input."`

	granting `embed:""`
}

// Help is shown by --help.
func (extendCards) Help() string {
	return `A file has one card number a line, as 'export' writes it: a first line card_number or cardNumber is left out. At most 5000 cards at once. When one of them is not of the cohort, nothing is changed, and it is said where it stands.

Examples:

	gelombang extend cards 13 1300000000000001 1300000000000002 --until 2021-04-15 --reference "Decision 7/2021" --reason "in hospital"
	gelombang extend cards 13 kupang.txt --until 2021-04-15 --dry-run`
}

// Run implements the command.
func (c *extendCards) Run(t *terminal) error {
	list, err := readCards(t, c.Cards)
	if err != nil {
		return usage(err)
	}
	return c.grant(t, registry.ExtendDeadline{Cohort: c.Cohort, Scope: rules.ExtendCards, Cards: list.cards}, list.places)
}

// cardPlace is where a card number stands. Errors tell it in place of the number.
type cardPlace struct {
	file string // empty for the command line
	line int    // of the file, or which of the arguments; from 1
}

func (p cardPlace) String() string {
	if p.file == "" {
		return fmt.Sprintf("<cards>, number %d", p.line)
	}
	return fmt.Sprintf("%s, line %d", p.file, p.line)
}

// placesTold is how many places an error names.
const placesTold = 10

// wherever names places for an error.
func wherever(places []cardPlace) string {
	var names []string
	for _, p := range places[:min(len(places), placesTold)] {
		names = append(names, p.String())
	}
	text := strings.Join(names, "; ")
	if more := len(places) - placesTold; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// mostCards is how many the registry extends at once.
const mostCards = 5_000

// cardLook says what a card number looks like.
const cardLook = "a card number has 16 digits and nothing else, such as 1300000000000001"

// isCard reports whether the text looks like a card number.
func isCard(text string) bool {
	_, err := scalar.UnmarshalCardNumber(text)
	return err == nil
}

// cardList is a list of card numbers, each with the place where it stands.
type cardList struct {
	cards  []string
	places []cardPlace
	wrong  []cardPlace // of what is none
}

func (l *cardList) add(text string, at cardPlace) {
	if !isCard(text) {
		l.wrong = append(l.wrong, at)
		return
	}
	l.cards, l.places = append(l.cards, text), append(l.places, at)
}

// readCards reads the arguments: card numbers and files of them.
func readCards(t *terminal, args []string) (cardList, error) {
	var list cardList
	for i, arg := range args {
		if arg != standardInput && strings.Trim(arg, "0123456789 .-*") == "" { // meant for a card number, and for no file
			list.add(arg, cardPlace{line: i + 1})
			continue
		}
		if err := list.read(t, arg); err != nil {
			return cardList{}, err
		}
	}
	if len(list.wrong) > 0 {
		return cardList{}, fmt.Errorf("%s: %s", wherever(list.wrong), cardLook)
	}
	switch n := len(list.cards); {
	case n == 0:
		return cardList{}, errors.New("<cards>: there is no card in the file")
	case n > mostCards:
		return cardList{}, fmt.Errorf("<cards>: %d cards, and at most %d can be extended at once: split the list", n, mostCards)
	}
	return list, nil
}

// read reads a file of card numbers.
func (l *cardList) read(t *terminal, name string) error {
	file, _, err := openInput(t, name)
	if err != nil {
		return fmt.Errorf("<cards>: neither a card number nor a file that can be read: %w", err)
	}
	err = l.scan(name, file)
	return errors.Join(err, file.Close())
}

func (l *cardList) scan(name string, file io.Reader) error {
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff")) // spreadsheets begin files so
		if text == "" || n == 1 && (text == "card_number" || text == "cardNumber") {
			continue
		}
		l.add(text, cardPlace{file: name, line: n})
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
