package main

import (
	"strings"
	"testing"
	"time"

	"gelombang/ent"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/webhooks/outbound"
)

// TestAnEndpointsHealthIsALine, with instants in WIB and the problem in words.
func TestAnEndpointsHealthIsALine(t *testing.T) {
	at := time.Date(2021, 4, 6, 17, 45, 0, 0, rules.WIB)
	delivered := at.Add(-time.Hour).UTC()
	var lines strings.Builder
	healthLine(&lines, registry.EndpointHealth{
		Endpoint: &ent.Endpoint{ID: 3, Name: "gateway"}, Waiting: 120, Failed: 2, LastDelivered: &delivered,
		LastFailure: &registry.FailedAttempt{MessageID: "msg_1", At: at.UTC(), Problem: "timeout"},
	})
	want := "3\tgateway\t-\t120\t2\t2021-04-06 16:45 WIB\t2021-04-06 17:45 WIB\tit did not answer in time\n"
	if lines.String() != want {
		t.Errorf("got  %qwant %q", lines.String(), want)
	}
}

// TestEveryProblemIsSaidInWords and none by its code.
func TestEveryProblemIsSaidInWords(t *testing.T) {
	for code, want := range map[string]string{
		string(outbound.ProblemTimeout): "in time", string(outbound.ProblemConnection): "no connection", string(outbound.ProblemTLS): "certificate",
		string(outbound.ProblemDNS): "name", string(outbound.ProblemCancelled): "stopped", string(outbound.ProblemRedirect): "it answered 307, and redirects",
		string(outbound.ProblemStatus): "it answered 307", string(outbound.ProblemPrivateAddress): "private", string(outbound.ProblemPlainHTTP): "plain http",
		string(outbound.ProblemURL): "URL", string(outbound.ProblemSecret): "secret cannot", string(outbound.ProblemMessage): "message is not",
		registry.ProblemCutOff: "may have arrived",
	} {
		if got := problemInWords(code, 307); got == code || !strings.Contains(got, want) {
			t.Errorf("%s is said as %q", code, got)
		}
	}
}
