package webhooks_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	svix "github.com/svix/svix-webhooks/go"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/leftout"
	"gelombang/webhooks/signature"
)

// foreign are signers that are not ours. Each returns the value of the header webhook-signature.
var foreign = map[string]func(t *testing.T, secret, id string, at time.Time, body []byte) string{
	"the Go module svix-webhooks":      signWithSvix,
	"the npm package standardwebhooks": signWithNPM,
}

// TestSignersThatAreNotOursAreAccepted sends what others have signed through the whole intake.
func TestSignersThatAreNotOursAreAccepted(t *testing.T) {
	for name, sign := range foreign {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				in := newIntake(t, d)
				body := in.purchase("INV-1")
				at := in.Clock.Now()
				r := request{http.MethodPost, "/webhooks/tokopedia", http.Header{}, body}
				signature.SetStandardHeaders(r.header, "msg_1", at, sign(t, signature.FormatSecret(in.secret), "msg_1", at, body))
				code, _, text := in.send(in.url, r)
				if code != http.StatusOK || status(t, text) != "applied" {
					t.Errorf("answered %d %s, want 200 applied", code, text)
				}
			})
		})
	}
}

func signWithSvix(t *testing.T, secret, id string, at time.Time, body []byte) string {
	t.Helper()
	wh, err := svix.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := wh.Sign(id, at, body)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func signWithNPM(t *testing.T, secret, id string, at time.Time, body []byte) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join("interop", "node_modules"))
	}
	if err != nil {
		leftout.Test(t, "node, and `npm ci --prefix webhooks/interop`", err)
	}
	cmd := exec.Command(node, filepath.Join("interop", "sign.mjs"), secret, id, strconv.FormatInt(at.Unix(), 10))
	cmd.Stdin = bytes.NewReader(body)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	return string(out)
}
