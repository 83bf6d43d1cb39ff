package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"
)

func readDoc(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tourPart is a step of the tour: what it says, and what is pasted for it.
type tourPart struct{ says, lines string }

// printedTour reads the steps of the tour as the demonstration prints it.
func printedTour(t *testing.T, printed string) []tourPart {
	t.Helper()
	_, after, begun := strings.Cut(printed, "\n# ")
	steps, _, ended := strings.Cut(after, "\nTokens of the other roles")
	if !begun || !ended {
		t.Fatalf("no tour:\n%s", printed)
	}
	var parts []tourPart
	for step := range strings.SplitSeq(steps, "\n# ") {
		says, lines, _ := strings.Cut(step, "\n")
		parts = append(parts, tourPart{says, strings.TrimSpace(lines)})
	}
	return parts
}

// readmesTour reads them in the README.
func readmesTour(t *testing.T) []tourPart {
	t.Helper()
	_, after, begun := strings.Cut(readDoc(t, "../README.md"), "<!-- tour -->")
	tour, _, ended := strings.Cut(after, "<!-- /tour -->")
	if !begun || !ended {
		t.Fatal("the README has no tour")
	}
	var parts []tourPart
	for _, step := range regexp.MustCompile("(?s)\n([^\n]+)\n\n```sh\n(.*?)\n```").FindAllStringSubmatch(tour, -1) {
		parts = append(parts, tourPart{strings.ReplaceAll(step[1], "`", ""), step[2]})
	}
	return parts
}

// The README's tour is what the demonstration prints when it runs as the README says, to the letter but for the port. It is
// pasted into a shell.
func TestTheReadmesTourIsWhatTheDemonstrationPrints(t *testing.T) {
	needShell(t)
	tour := readmesTour(t)
	var script strings.Builder
	for _, part := range tour {
		script.WriteString(part.lines + "\n")
	}
	t.Run("pasted", func(t *testing.T) {
		printed, _ := runDemoAt(t, "0.01")
		address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(printed)
		if diff := cmp.Diff(printedTour(t, strings.ReplaceAll(printed, address, "127.0.0.1:8080")), tour, cmp.AllowUnexported(tourPart{})); diff != "" {
			t.Errorf("the README differs from what is printed (-printed +README):\n%s", diff)
		}
		shell := exec.CommandContext(t.Context(), "sh", "-e")
		shell.Stdin = strings.NewReader(strings.ReplaceAll(script.String(), "127.0.0.1:8080", address))
		answers, err := shell.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, answers)
		}
		checkTour(t, string(answers), `"progress":\{"recipients":6000,"awaiting":120,`)
	})
}

// checkTour looks at the answers to the tour, the first of which says how far the cohort is.
func checkTour(t *testing.T, answers, progress string) {
	t.Helper()
	want := []string{
		progress,
		`"status":"AWAITING".*"firstPurchase":null`,
		`"mayBuy":true`,
		`"status":"applied"`,
		`"status":"PURCHASED".*"firstPurchase":\{"purchasedAt":"2021-04-06T17:45:00\+07:00"`,
		`"explanation":\{"summary":".*INV-TOUR-1 at Tokopedia`,
		`unauthorized`,
		`^401$`,
		`"status":"REVOKED"`,
		`"totalGroups":\d+,"rows":\[\{"key":\{"province":\{"name":"[A-Z]`,
		`^key\.province\.name,key\.gender,count$`,
		`^[A-Z][A-Za-z ]+,[FM],\d+$`,
	}
	got := strings.Split(strings.TrimSpace(answers), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d answers, want %d:\n%s", len(got), len(want), answers)
	}
	for i, pattern := range want {
		if !regexp.MustCompile(pattern).MatchString(got[i]) {
			t.Errorf("answer %d is %s, want %s", i+1, got[i], pattern)
		}
	}
}

// Each direct dependency has its line in the list, and the list names no other.
func TestEveryDirectDependencyIsExplained(t *testing.T) {
	mod, err := modfile.Parse("go.mod", []byte(readDoc(t, "../go.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	var required []string
	for _, r := range mod.Require {
		if !r.Indirect {
			required = append(required, r.Mod.Path)
		}
	}
	var explained []string
	for line := range strings.Lines(readDoc(t, "../docs/dependencies.md")) {
		if cell, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), " |"); ok && strings.HasPrefix(line, "| `") {
			for name := range strings.SplitSeq(cell, ", ") {
				explained = append(explained, strings.Trim(name, "`"))
			}
		}
	}
	slices.Sort(required)
	slices.Sort(explained)
	if !slices.Equal(required, explained) {
		t.Errorf("go.mod requires\n%s\nand docs/dependencies.md explains\n%s", strings.Join(required, "\n"), strings.Join(explained, "\n"))
	}
}

// Every setting that the README names exists, and every variable of the program is in its help.
func TestTheReadmeNamesSettingsThatExist(t *testing.T) {
	var out, errOut strings.Builder
	if code := run(t.Context(), []string{"--help"}, strings.NewReader(""), &out, &errOut); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errOut.String())
	}
	for _, name := range regexp.MustCompile(`\b(GELOMBANG_[A-Z_]+|DATABASE_URL)\b`).FindAllString(readDoc(t, "../README.md"), -1) {
		if !strings.Contains(out.String(), name) {
			t.Errorf("the README names %s, which the help does not", name)
		}
	}
}

// blocksOf returns the code blocks of a language in a page.
func blocksOf(t *testing.T, path, language string) []string {
	t.Helper()
	var blocks []string
	for _, b := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(readDoc(t, path), -1) {
		blocks = append(blocks, b[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("%s has no blocks of %s", path, language)
	}
	return blocks
}

// Every link of the pages to a file of ours leads to one.
func TestTheLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	pages := []string{"../README.md"}
	for _, pattern := range []string{"../docs/*.md", "../docs/adr/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	for _, page := range pages {
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readDoc(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), link[1])); err != nil {
				t.Errorf("%s: %s leads nowhere", page, link[1])
			}
		}
	}
}
