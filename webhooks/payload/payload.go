// Package payload reads and writes the JSON of the webhook contract. [Parse] turns the body of an
// authentic delivery into an event of package rules, or says what is wrong with it; [Encode] is
// the inverse. It decides nothing about what an event means, and touches no database.
//
// A body is {"type": …, "timestamp": RFC 3339, "data": {…}}. Reading is strict in what it
// understands and tolerant of what it does not know:
//
//   - The bytes must be one JSON value (RFC 8259) in valid UTF-8, without unpaired surrogates, at
//     most 16 levels deep. An object may not have the same key twice, at any level.
//   - Names are matched exactly. Fields that the contract does not name are ignored, so that a
//     platform may send more than we know.
//   - A field that the contract names must have its type and bounds. An optional field may be
//     absent or null, not empty.
//   - Money and counts are integers from 0 to 10^15 in plain digits: no fraction, no exponent, no
//     sign, no quotes. Money is in whole rupiah.
//   - Times have an offset and seconds, and lie in the years 2000 to 2100 (UTC). They are returned
//     in UTC; digits beyond the microsecond are cut off.
//   - A card number is 16 ASCII digits.
//   - Codes (invoice, course, schedule, programme, stage) and the category have 1 to 128
//     characters, all printable, no space at either end.
//   - Titles, providers and reasons have 1 to 500 characters, at least one of them not a space and
//     none a control character.
//   - A mode is "online", "offline" or "blended".
//   - A URL is absolute, http or https, without a user name, and has 1 to 2000 printable characters
//     and no space.
package payload

import "gelombang/internal/rules"

// Error says what is wrong with a body. Neither its text nor its fields, except Type, hold
// anything that was received: a value may be personal data.
type Error struct {
	// Path is where, such as "data.amount"; empty for the body as a whole. A name that is not in
	// the contract shows as "*".
	Path string
	// Problem is what, in words for the platform's engineers.
	Problem string
	// Reason is why the delivery goes to quarantine: [rules.ReasonUnsupportedType] for a type
	// that the contract does not have, otherwise [rules.ReasonMalformed].
	Reason rules.Reason
	// Type is the event type that the body names, for the list of deliveries. It is empty if the
	// body is not JSON, and if the type is not 1 to 64 of [A-Za-z0-9._-], the first a letter.
	Type string
}

// Error implements the error interface.
func (e *Error) Error() string {
	if e.Path == "" {
		return "payload: " + e.Problem
	}
	return "payload: " + e.Path + ": " + e.Problem
}

// Parse reads the body of a webhook message. The concrete type of the event is one of those that
// [rules.Event] lists. The error is always a [*Error].
func Parse(body []byte) (rules.Event, error) {
	event, err := parse(body)
	if err != nil {
		return nil, err
	}
	return event, nil
}

// parse returns its own type of error, so that it cannot return another.
func parse(body []byte) (rules.Event, *Error) {
	root, err := readTree(body)
	name := eventType(root)
	if err != nil {
		err.Type = name
		return nil, err
	}
	envelope := &fields{object: root}
	typ := envelope.text("type")
	read, known := readers[typ]
	if envelope.err == nil && !known {
		return nil, &Error{Path: "type", Problem: "is not a type of this contract", Reason: rules.ReasonUnsupportedType, Type: name}
	}
	timestamp := envelope.time("timestamp")
	data := envelope.child("data")
	if envelope.err != nil {
		envelope.err.Type = name
		return nil, envelope.err
	}
	event := read(timestamp, data)
	if data.err != nil {
		data.err.Type = name
		return nil, data.err
	}
	return event, nil
}

const maxTypeBytes = 64

// eventType returns the type that a body names, if it can be shown as it is.
func eventType(root map[string]any) string {
	s, _ := root["type"].(string)
	if s == "" || len(s) > maxTypeBytes || !asciiLetter(s[0]) {
		return ""
	}
	for i := range len(s) {
		c := s[i]
		if !asciiLetter(c) && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return ""
		}
	}
	return s
}

func asciiLetter(c byte) bool { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') }
