package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"gelombang/internal/rules"
	"gelombang/internal/seed"
	"gelombang/internal/viewer"
	"gelombang/server/auth"
	"gelombang/server/simulate"
)

//go:embed tour.txt
var tourFile embed.FS

// tour is what the demonstration prints: what there is to see, tokens, and lines to copy.
type tour struct {
	Server      string
	Tokens      []tourToken // of those who ask in the tour
	OtherTokens []tourToken
	Platform    string // that sells in the tour
	Secret      string // of that platform
	Awaiting    string // the card that buys
	Progress    string // curl lines, from here on
	Ask         string
	Purchase    string
	Forged      string
	Eligibility string
	Explanation string
	Lapsed      string
	AtRisk      string
	File        string
	Info        seed.DemoInfo
	Secrets     []tourSecret
	Cards       []tourCards
}

// tourCards are cards to try, by what there is to see.
type tourCards struct {
	What  string
	Cards []string
}

type tourToken struct{ Name, Token string }

type tourSecret struct{ Platform, Secret string }

// printTour prints the tour of the demonstration that server, an address such as
// http://127.0.0.1:8080, serves.
func printTour(out io.Writer, server string, info seed.DemoInfo) error {
	t, err := newTour(server, info)
	if err != nil {
		return err
	}
	page, err := template.New("tour.txt").Funcs(template.FuncMap{"number": number, "plural": plural}).ParseFS(tourFile, "tour.txt")
	if err != nil {
		return fmt.Errorf("the tour: %w", err)
	}
	return page.Execute(out, t)
}

// number writes a number with commas between the thousands.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// plural writes how many there are, with the words for one or for another number.
func plural(n int, one, many string) string {
	if n == 1 {
		return number(n) + " " + one
	}
	return number(n) + " " + many
}

// maxTourCards is how many cards of each kind are printed.
const maxTourCards = 3

const progressQuery = `{ cohort(number: 13) { purchaseDeadlineText timeLeft progress { recipients awaiting purchased revoked } } last: cohort(number: 12) { progress { recipients awaiting purchased revoked } } }`

func newTour(server string, info seed.DemoInfo) (tour, error) {
	if len(info.Awaiting) == 0 || len(info.Revoked) == 0 || len(info.Secrets) == 0 {
		return tour{}, fmt.Errorf("the scenario has %d awaiting and %d revoked cards and %d platforms, and the tour needs one of each", len(info.Awaiting), len(info.Revoked), len(info.Secrets))
	}
	const platform = "tokopedia"
	card := info.Awaiting[0]
	t := tour{
		Server: server, Platform: platform, Awaiting: card, Secret: info.Secrets[platform], Info: info,
		Progress:    askCurl(server, "OFFICER", progressQuery),
		Ask:         askCurl(server, "PARTICIPANT", fmt.Sprintf(`{ participant(cardNumber: %q) { status timeLeft firstPurchase { purchasedAt amount platform { name } } } }`, card)),
		Explanation: askCurl(server, "PARTICIPANT", `{ viewer { participant { explanation(language: EN) { summary deadline awaited } } } }`),
		Lapsed:      askCurl(server, "OFFICER", fmt.Sprintf(`{ participant(cardNumber: %q) { status revokedAt explanation(language: EN) { summary evidence { text } awaited } } }`, info.Revoked[0])),
		AtRisk:      askCurl(server, "OFFICER", `{ participantAggregate(filter: { cohort: 13, status: AWAITING }, groupBy: PROVINCE, orderBy: { field: COUNT, direction: DESC }, first: 3) { totalGroups rows { key { province { name } } count } } }`),
		File:        fileCurl(server, "OFFICER", `{ participantAggregate(filter: { cohort: 13, status: AWAITING }, groupBy: [PROVINCE, GENDER]) { rows { key { province { name } gender } count } } }`) + " | head -n 2",
		Eligibility: askCurl(server, "PLATFORM", fmt.Sprintf(`{ eligibility(cardNumber: %q) { mayBuy reason } }`, card)),
	}
	for _, cards := range []tourCards{
		{"awaiting", info.Awaiting[1:]}, {"purchased", info.Purchased}, {"revoked", info.Revoked},
		{"under review", info.UnderReview}, {"reinstated", info.Reinstated},
	} {
		if len(cards.Cards) > maxTourCards {
			cards.Cards = cards.Cards[:maxTourCards]
		}
		t.Cards = append(t.Cards, cards)
	}
	for code, secret := range info.Secrets {
		t.Secrets = append(t.Secrets, tourSecret{code, secret})
	}
	slices.SortFunc(t.Secrets, func(a, b tourSecret) int { return strings.Compare(a.Platform, b.Platform) })
	var err error
	if t.Tokens, t.OtherTokens, err = demoViewers(card, platform); err != nil {
		return tour{}, err
	}
	t.Purchase, t.Forged, err = purchaseCurls(server, platform, info.Secrets[platform], card)
	return t, err
}

// demoViewers makes a token for each role, valid for the evening: those of who asks in the tour, and the others.
func demoViewers(card, platform string) (asking, others []tourToken, err error) {
	if asking, err = demoTokensOf([]viewer.Viewer{
		{Role: viewer.Officer, Subject: "officer"},
		{Role: viewer.Platform, Subject: platform, Platform: platform},
		{Role: viewer.Participant, Subject: card},
	}); err != nil {
		return nil, nil, err
	}
	others, err = demoTokensOf([]viewer.Viewer{
		{Role: viewer.Supervisor, Subject: "supervisor"},
		{Role: viewer.Admin, Subject: "admin"},
		{Role: viewer.Analyst, Subject: "analyst"},
	})
	return asking, others, err
}

func demoTokensOf(viewers []viewer.Viewer) ([]tourToken, error) {
	var out []tourToken
	for _, who := range viewers {
		keys := demoTokens()
		token, err := auth.Mint(keys.Secret, auth.Grant{
			Issuer: keys.Issuer, Audience: keys.Audience, Viewer: who, IssuedAt: seed.Evening, ExpiresAt: seed.Evening.Add(demoEvening),
		})
		if err != nil {
			return nil, err
		}
		out = append(out, tourToken{string(who.Role), token})
	}
	return out, nil
}

// askCurl is a curl line that asks a query with the token in the shell variable of that name.
func askCurl(server, token, query string) string {
	return fmt.Sprintf("curl -sS %s/graphql -H \"Authorization: Bearer $%s\" \\\n  -H 'Content-Type: application/json' -w '\\n' -d '%s'", server, token, bodyOf(query))
}

// fileCurl is a curl line that asks for the answer to a query as CSV.
func fileCurl(server, token, query string) string {
	return fmt.Sprintf("curl -sS %s/graphql -H \"Authorization: Bearer $%s\" -H 'Accept: text/csv' \\\n  -H 'Content-Type: application/json' -d '%s'", server, token, bodyOf(query))
}

// bodyOf is the body of a request with a query.
func bodyOf(query string) []byte {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		body = nil // a map of strings always has a JSON form
	}
	return body
}

// purchaseCurls are a signed purchase of the card, and the same with another price under the same
// signature. Nothing in them depends on the hour, so that they are the same every time.
func purchaseCurls(server, platform, secret, card string) (purchase, forged string, err error) {
	signer, err := simulate.NewSigner(secret)
	if err != nil {
		return "", "", fmt.Errorf("the demonstration's secret of %s: %w", platform, err)
	}
	address, err := url.Parse(server)
	if err != nil {
		return "", "", err
	}
	bought := rules.PurchaseCompleted{
		Timestamp: seed.Evening, InvoiceCode: "INV-TOUR-1", CardNumber: card, CourseCode: "TOUR-1", Amount: 250_000, PurchasedAt: seed.Evening,
		CourseTitle: "Barista untuk pemula", Provider: "Rumah Kopi", Category: "Kuliner", Mode: rules.ModeOffline,
	}
	m, err := simulate.NewMessage(platform, "msg_tour_1", bought)
	if err != nil {
		return "", "", err
	}
	request, err := signer.Request(context.Background(), address, m, seed.Evening)
	if err != nil {
		return "", "", err
	}
	cheaper := strings.Replace(string(m.Body), `"amount":250000`, `"amount":1`, 1)
	return simulate.Curl(request, m.Body), simulate.Curl(request, []byte(cheaper)), nil
}
