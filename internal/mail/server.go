package mail

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// security is how the dialogue with a server is encrypted.
type security int

const (
	startTLS    security = iota // plain at first, and TLS before anything is said
	implicitTLS                 // TLS from the first byte
	noTLS                       // plain, on the machine itself only
)

// server is a mail server, as a URL names it.
type server struct {
	host, port     string
	security       security
	user, password string // empty for a server that asks for none
}

func (s server) address() string { return net.JoinHostPort(s.host, s.port) }

// CheckURL says what is wrong with the URL of a mail server, see [Config]. The error never repeats the URL, which
// may hold a password.
func CheckURL(raw string) error {
	_, err := parseServer(raw)
	return err
}

func parseServer(raw string) (server, error) {
	const form = "write smtp://user:password@host:587 or smtps://user:password@host:465" //nolint:gosec // the words user and password, not those of anybody
	if raw == "" {
		return server{}, fmt.Errorf("mail: no mail server: %s", form)
	}
	u, err := url.Parse(raw)
	if err != nil { // its text has the URL in it
		return server{}, fmt.Errorf("mail: the mail server's URL cannot be read: %s, with %%-escapes for signs such as / @ : # %% in the password", form)
	}
	s := server{host: u.Hostname(), port: u.Port()}
	switch u.Scheme {
	case "smtp":
		s.security = startTLS
	case "smtps":
		s.security = implicitTLS
	default:
		return server{}, fmt.Errorf("mail: the mail server's URL does not begin with smtp:// or smtps://: %s", form)
	}
	if s.host == "" || u.Opaque != "" {
		return server{}, fmt.Errorf("mail: the mail server's URL has no host: %s", form)
	}
	if net.ParseIP(s.host) == nil {
		if s.host, err = asciiDomain(s.host); err != nil {
			return server{}, fmt.Errorf("mail: the mail server's host is not a host name or an address: %s", form)
		}
	}
	if (u.Path != "" && u.Path != "/") || u.Fragment != "" {
		return server{}, fmt.Errorf("mail: the mail server's URL goes on after the port: %s, with %%-escapes for signs such as / and # in the password", form)
	}
	if s.port == "" {
		s.port = map[security]string{startTLS: "587", implicitTLS: "465"}[s.security]
	}
	if n, err := strconv.ParseUint(s.port, 10, 16); err != nil || n == 0 {
		return server{}, errors.New("mail: the mail server's port is not a number from 1 to 65535")
	}
	if err := s.parseOptions(u.RawQuery); err != nil {
		return server{}, err
	}
	return s, s.parseUser(u.User)
}

func (s *server) parseOptions(query string) error {
	options, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("mail: what follows the ? in the mail server's URL cannot be read: the one option is tls=none")
	}
	for name, values := range options {
		if name != "tls" || len(values) != 1 || values[0] != "none" {
			return errors.New("mail: the mail server's URL has an option that is not known: the one option is tls=none")
		}
		if s.security == implicitTLS {
			return errors.New("mail: smtps:// is TLS, and tls=none is not: write smtp:// with tls=none, or leave it out")
		}
		if ip := net.ParseIP(s.host); s.host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return errors.New("mail: tls=none is for a server on this machine (127.0.0.1, [::1], localhost): leave it out, so that names and texts are not sent in the clear")
		}
		s.security = noTLS
	}
	return nil
}

func (s *server) parseUser(u *url.Userinfo) error {
	if u == nil {
		return nil
	}
	s.user = u.Username()
	s.password, _ = u.Password()
	if s.user == "" || s.password == "" {
		return errors.New("mail: the mail server's URL has a user without a password, or the reverse: give both, or neither")
	}
	return nil
}
