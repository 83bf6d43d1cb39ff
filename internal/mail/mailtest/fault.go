package mailtest

import (
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// Deed is a thing that the server does wrong.
type Deed int

// The deeds, in the order of the dialogue.
const (
	TurnAway        Deed = iota + 1 // hello is answered 421, and the connection is dropped
	RefuseSender                    // MAIL is answered 553 5.7.1
	SayGoodbye                      // MAIL is answered 421, as by a server that shuts down
	RefuseRecipient                 // RCPT is answered 550 5.1.1
	DeferRecipient                  // RCPT is answered 451 4.2.1
	DropBeforeEnd                   // the connection is dropped after DATA, before the message's end is read
	RefuseMessage                   // the whole message is answered 554 5.6.0
	DeferMessage                    // the whole message is answered 451 4.3.0
	LoseMessage                     // the whole message is read and dropped, and so is the connection, without an answer
	HideMessage                     // the message is taken, but the connection is dropped without an answer
	Dawdle                          // the message is taken, but the answer comes after the delay
)

// replies are what the server says for a deed, unless the fault has a reply of its own.
var replies = map[Deed]smtp.SMTPError{
	TurnAway:        {Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "not now"},
	RefuseSender:    {Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "you may not send in this name"},
	SayGoodbye:      {Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "shutting down"},
	RefuseRecipient: {Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"},
	DeferRecipient:  {Code: 451, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "mailbox busy"},
	RefuseMessage:   {Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not this message"},
	DeferMessage:    {Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"},
}

// Fault makes the server misbehave.
type Fault struct {
	Do    Deed
	To    string        // for this recipient only, in any capitals; empty for all; not for the deeds before RCPT
	Times int           // how often; 0 until [Server.Behave]
	Code  int           // the reply code, instead of the deed's own
	Delay time.Duration // of [Dawdle]
}

// Misbehave adds a fault. Of two that apply, the one added first does.
func (s *Server) Misbehave(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Behave ends all faults.
func (s *Server) Behave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault returns the first fault of the deeds that applies to one of the recipients, and uses it up once.
func (s *Server) fault(recipients []string, deeds ...Deed) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		applies := f.To == "" || slices.ContainsFunc(recipients, func(to string) bool { return strings.EqualFold(to, f.To) })
		if !applies || !slices.Contains(deeds, f.Do) {
			continue
		}
		if f.Times == 1 {
			s.faults = slices.Delete(s.faults, i, i+1)
		} else if f.Times > 1 {
			f.Times--
		}
		return *f, true
	}
	return Fault{}, false
}

// reply is the server's answer for a fault. The recipients are in its text, as servers will have it, so that whoever
// logs the text is found out.
func (f Fault) reply(recipients ...string) error {
	r := replies[f.Do]
	if f.Code != 0 {
		r.Code, r.EnhancedCode = f.Code, smtp.EnhancedCodeNotSet
	}
	r.Message = strings.Join(append([]string{r.Message}, recipients...), " ")
	return &r
}
