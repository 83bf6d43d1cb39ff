package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

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

// The README's tour is pasted into a shell, to the letter but for the port, while the demonstration runs as
// the README says.
func TestTheReadmesTourWorksAsItStands(t *testing.T) {
	needShell(t)
	_, after, _ := strings.Cut(readDoc(t, "../README.md"), "<!-- tour -->")
	tour, _, closed := strings.Cut(after, "<!-- /tour -->")
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(tour, -1)
	if !closed || len(blocks) == 0 {
		t.Fatal("the README has no tour")
	}
	var script strings.Builder
	for _, b := range blocks {
		script.WriteString(b[1])
	}
	t.Run("pasted", func(t *testing.T) {
		printed, _ := runDemoAt(t, "0.01")
		address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(printed)
		shell := exec.CommandContext(t.Context(), "sh", "-e")
		shell.Stdin = strings.NewReader(strings.ReplaceAll(script.String(), "127.0.0.1:8080", address))
		answers, err := shell.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, answers)
		}
		want := []string{
			`"progress":\{"recipients":6000,"awaiting":120,`,
			`"status":"AWAITING"`,
			`"status":"applied"`,
			`"status":"PURCHASED"`,
			`INV-TOUR-1 at Tokopedia`,
			`unauthorized`,
			`^401$`,
			`"totalGroups":\d+,"rows":\[\{"key":\{"province":\{"name":"[A-Z]`,
			`^key\.province\.name,key\.gender,count$`,
			`^[A-Z][A-Za-z ]+,F,\d+$`,
		}
		got := strings.Split(strings.TrimSpace(string(answers)), "\n")
		if len(got) != len(want) {
			t.Fatalf("%d answers, want %d:\n%s", len(got), len(want), answers)
		}
		for i, pattern := range want {
			if !regexp.MustCompile(pattern).MatchString(got[i]) {
				t.Errorf("answer %d is %s, want %s", i+1, got[i], pattern)
			}
		}
	})
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
