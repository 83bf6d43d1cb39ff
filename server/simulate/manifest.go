package simulate

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// Manifest is a file of the deliveries that a server acknowledged, one JSON object a line, so that
// what it acknowledged can be compared with what it has. It holds full card numbers, inside the
// bodies, and is readable by the owner only.
type Manifest struct {
	file *os.File
	w    *bufio.Writer
	json *json.Encoder
}

// Entry is one acknowledged delivery.
type Entry struct {
	Platform string          `json:"platform"`
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Invoice  string          `json:"invoice,omitempty"`
	Status   int             `json:"status"`
	Body     json.RawMessage `json:"body"`
}

// NewManifest makes the file, in place of an earlier one.
func NewManifest(name string) (*Manifest, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the manifest: %w", err)
	}
	w := bufio.NewWriter(f)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return &Manifest{file: f, w: w, json: encoder}, nil
}

// Add writes a delivery, if it was acknowledged.
func (m *Manifest) Add(sent Message, a Answer) error {
	if !a.Acknowledged() {
		return nil
	}
	err := m.json.Encode(Entry{Platform: sent.Platform, ID: sent.ID, Type: sent.Type, Invoice: sent.Invoice, Status: a.Status, Body: sent.Body})
	if err != nil {
		return fmt.Errorf("the manifest: %w", err)
	}
	return nil
}

// Close ends the file.
func (m *Manifest) Close() error {
	if err := errors.Join(m.w.Flush(), m.file.Close()); err != nil {
		return fmt.Errorf("the manifest: %w", err)
	}
	return nil
}
