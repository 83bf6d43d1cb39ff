package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The longest that SMTP carries, in bytes (RFC 5321, section 4.5.3.1).
const (
	maxLocalPart = 64
	maxAddress   = 254
)

// maxName is the longest display name in characters; the rest of a longer one is left out.
const maxName = 200

var errNotAnAddress = errors.New("not an address")

// localPart is a dot-atom of RFC 5322. The quoted form is left out: nobody has it, and it is where injections hide.
var localPart = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")

// domains turns a domain into the form in which it is looked up. Two hyphens in the third and fourth place are
// allowed, since there are such domains.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.CheckHyphens(false),
	idna.VerifyDNSLength(true), idna.Transitional(false))

// hostName is what a domain's ASCII form looks like: no empty label, none that begins or ends with a hyphen.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// asciiDomain returns the ASCII form of a domain.
func asciiDomain(domain string) (string, error) {
	ascii, err := domains.ToASCII(domain)
	if err != nil || !hostName.MatchString(ascii) {
		return "", errNotAnAddress
	}
	return ascii, nil
}

// addrSpec returns the address as SMTP carries it, with an ASCII domain. The local part is left as it is, capitals
// included: they are the receiving server's business.
func addrSpec(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", errNotAnAddress
	}
	local := address[:at]
	if len(local) > maxLocalPart || !localPart.MatchString(local) {
		return "", errNotAnAddress
	}
	domain, err := asciiDomain(address[at+1:])
	if err != nil || len(local)+1+len(domain) > maxAddress {
		return "", errNotAnAddress
	}
	return local + "@" + domain, nil
}

// CheckAddress says whether [Session.Send] would try the address; its error is a [BadAddress] without the address.
func CheckAddress(address string) error {
	if _, err := addrSpec(address); err != nil {
		return &Error{Kind: BadAddress, Step: StepCompose}
	}
	return nil
}

// mailbox is an address with the name that is shown with it, which may be empty.
type mailbox struct{ name, address string }

func (m mailbox) header() *mail.Address { return &mail.Address{Name: m.name, Address: m.address} }

func (m mailbox) domain() string { return m.address[strings.LastIndexByte(m.address, '@')+1:] }

// parseMailbox reads "Name <address>" or an address alone; what is the operator's word for it.
func parseMailbox(what, text string) (mailbox, error) {
	fault := fmt.Errorf("mail: %s is not an address: write Kartu Prakerja <no-reply@example.org>", what)
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return mailbox{}, fault
	}
	address, err := addrSpec(parsed.Address)
	if err != nil {
		return mailbox{}, fault
	}
	return mailbox{name: displayName(parsed.Name), address: address}, nil
}

// displayName makes a name fit for a header: on one line, with single spaces, without signs that cannot be seen
// and of a bounded length. Nobody goes without a message because of a stray sign in a name.
func displayName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\\': // net/mail puts \ bare into encoded words, where none may be
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if utf8.RuneCountInString(name) > maxName {
		name = string([]rune(name)[:maxName])
	}
	return strings.TrimSpace(name)
}
