package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// rename gives the invoices of a case names of its own, so that the cases of a table do not meet in one
// database. Equal messages stay equal.
func rename(t *testing.T, messages []registry.Submission, i, j int) []registry.Submission {
	t.Helper()
	suffix := fmt.Sprintf("~%d-%d", i, j)
	for k := range messages {
		switch e := messages[k].Event.(type) {
		case rules.PurchaseCompleted:
			e.InvoiceCode += suffix
			messages[k].Event, messages[k].Body = e, encode(t, e)
		case rules.PurchaseVoided:
			e.InvoiceCode += suffix
			messages[k].Event, messages[k].Body = e, encode(t, e)
		}
	}
	return messages
}

func original(first string) string {
	name, _, _ := strings.Cut(first, "~")
	return name
}

func encode(t *testing.T, e rules.Event) []byte {
	t.Helper()
	body, err := payload.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
