package notice

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxShort is the longest short form in characters (Unicode code points).
const MaxShort = 300

// cutMark ends a short form whose sentence was cut off. It is ASCII, so that it does not double the price of an SMS.
const cutMark = "..."

// oneLine puts a text on one line with single spaces, without control signs.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

var blankLines = regexp.MustCompile(`\n{3,}`)

// paragraphs trims a text of many lines: no spaces at their ends, no more than one blank line in a row.
func paragraphs(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRightFunc(line, unicode.IsSpace))
		b.WriteByte('\n')
	}
	return strings.TrimSpace(blankLines.ReplaceAllString(b.String(), "\n\n")) + "\n"
}

// short bounds a text at [MaxShort] characters: it is cut between words, or within one that alone is too long.
func short(text string) string {
	text = oneLine(text)
	if utf8.RuneCountInString(text) <= MaxShort {
		return text
	}
	all := []rune(text)
	kept := string(all[:MaxShort-len(cutMark)])
	if all[MaxShort-len(cutMark)] != ' ' {
		if i := strings.LastIndexByte(kept, ' '); i > 0 {
			kept = kept[:i]
		}
	}
	kept = strings.TrimSpace(kept)
	if strings.HasSuffix(kept, ".") || strings.HasSuffix(kept, "!") || strings.HasSuffix(kept, "?") {
		return kept
	}
	return kept + cutMark
}
