package mail

import (
	"bytes"
	"net/textproto"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"gelombang/internal/rules"
)

// maxLine is the longest line of a message in bytes, without its end (RFC 5322, section 2.1.1).
const maxLine = 998

// Message is an e-mail to one recipient.
type Message struct {
	To      string // the recipient's address, without a name
	Name    string // the recipient's name, shown with the address; may be empty
	Subject string // one line
	Text    string // plain text; lines may end in LF, CRLF or CR and be of any length
	HTML    string // the same in HTML; may be empty
	// ID becomes the part of the Message-ID before the @, 1 to 128 letters, digits, dots, hyphens and underscores. A
	// message that is sent again has the ID that it had, so that it can be recognised.
	ID string
	// Date is the message's date, written in WIB; zero means now.
	Date time.Time
	// Headers are further headers, such as Auto-Submitted and Precedence, of printable ASCII.
	Headers map[string]string
}

var (
	messageID  = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)
	ownHeaders = regexp.MustCompile(`^(?i:From|Sender|To|Cc|Bcc|Reply-To|Subject|Date|Message-Id|Mime-Version|Return-Path|Received|Content-.*|Resent-.*)$`)
)

const maxID = 128

// lineEnds makes one kind of all ends of lines. The encoder makes CRLF of them; given a lone CR, it loses the next LF.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// compose writes the message as it goes over the wire, in ASCII, and returns the address that it goes to.
func (m *Mailer) compose(msg Message) (wire []byte, recipient string, failed *Error) {
	recipient, err := addrSpec(msg.To)
	if err != nil {
		return nil, "", &Error{Kind: BadAddress, Step: StepCompose}
	}
	bad := &Error{Kind: BadMessage, Step: StepCompose}
	if !oneLine(msg.Subject) || strings.TrimSpace(msg.Text) == "" || !utf8.ValidString(msg.Text) || !utf8.ValidString(msg.HTML) ||
		len(msg.ID) > maxID || !messageID.MatchString(msg.ID) {
		return nil, "", bad
	}
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	out.FromMailAddress(m.from.header())
	out.ToMailAddress(mailbox{displayName(msg.Name), recipient}.header())
	if m.replyTo.address != "" {
		out.ReplyToMailAddress(m.replyTo.header())
	}
	// Single spaces: go-mail folds a line at a space, and at two in a row it may write a line of spaces alone.
	out.Subject(strings.Join(strings.Fields(msg.Subject), " "))
	date := msg.Date
	if date.IsZero() {
		date = time.Now()
	}
	out.SetDateWithValue(date.In(rules.WIB))
	out.SetMessageIDWithValue(msg.ID + "@" + m.from.domain())
	if !setHeaders(out, msg.Headers) {
		return nil, "", bad
	}
	out.SetBodyString(gomail.TypeTextPlain, lineEnds.Replace(msg.Text))
	if msg.HTML != "" {
		out.AddAlternativeString(gomail.TypeTextHTML, lineEnds.Replace(msg.HTML))
	}
	var b bytes.Buffer
	if _, err := out.WriteTo(&b); err != nil || !wellFormed(b.Bytes()) {
		return nil, "", bad
	}
	return b.Bytes(), recipient, nil
}

// setHeaders adds the caller's headers, and reports whether all may be set.
func setHeaders(out *gomail.Msg, headers map[string]string) bool {
	seen := map[string]bool{}
	for name, value := range headers {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if !headerName.MatchString(name) || ownHeaders.MatchString(name) || seen[name] {
			return false
		}
		seen[name] = true
		if !oneLine(value) || strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII }) {
			return false
		}
		out.SetGenHeader(gomail.Header(name), strings.Join(strings.Fields(value), " "))
	}
	return true
}

// oneLine reports whether a header's text has something in it and no line ends or other control characters.
func oneLine(text string) bool {
	return strings.TrimSpace(text) != "" && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// wellFormed reports whether a message is what every server carries unchanged: ASCII, in lines of at most 998 bytes
// that end in CRLF. Composing sees to it; this is the last look before the wire.
func wellFormed(message []byte) bool {
	for len(message) > 0 {
		line, rest, found := bytes.Cut(message, []byte("\r\n"))
		if !found && len(rest) > 0 || len(line) > maxLine || bytes.ContainsFunc(line, func(r rune) bool {
			return r == '\r' || r == '\n' || r == 0 || r > unicode.MaxASCII
		}) {
			return false
		}
		message = rest
	}
	return true
}
