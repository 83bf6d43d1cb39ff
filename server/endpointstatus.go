package main

import (
	"fmt"
	"strings"

	"gelombang/internal/registry"
	"gelombang/webhooks/outbound"
)

type endpointStatus struct {
	Endpoint string `arg:"" optional:"" help:"The endpoint's name, or its number; all of them when absent."`

	storage `embed:""`
}

// Help is shown by --help.
func (endpointStatus) Help() string {
	return `WAITING are the webhooks that are tried until they arrive or are given up, FAILED those that were given up and did not arrive since, however long ago. Their ids and attempts are in the log of the server and in GraphQL.

Examples:

	gelombang endpoint status
	gelombang endpoint status pmo-alerts`
}

// Run implements the command.
func (c *endpointStatus) Run(t *terminal) error {
	return c.reading(t, func(r *registry.Registry) error {
		var which []int
		if c.Endpoint != "" {
			id, err := addressed{c.Endpoint}.find(t, r)
			if err != nil {
				return err
			}
			which = append(which, id)
		}
		all, err := r.EndpointsHealth(t.ctx, which...)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("ENDPOINT\tNAME\tDISABLED\tWAITING\tFAILED\tLAST DELIVERED\tLAST FAILURE\tPROBLEM\n")
		for _, h := range all {
			healthLine(&lines, h)
		}
		return printTable(t.out, lines.String())
	})
}

func healthLine(lines *strings.Builder, h registry.EndpointHealth) {
	failed, problem := "-", "-"
	if f := h.LastFailure; f != nil {
		failed, problem = minute(f.At), problemInWords(f.Problem, f.Status)
	}
	fmt.Fprintf(lines, "%d\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", h.Endpoint.ID, h.Endpoint.Name, when(h.Endpoint.DisabledAt), h.Waiting, h.Failed, when(h.LastDelivered), failed, problem)
}

// problems are what went wrong with an attempt, in words.
var problems = map[string]string{
	string(outbound.ProblemTimeout):        "it did not answer in time",
	string(outbound.ProblemConnection):     "no connection, or what answered spoke no HTTP",
	string(outbound.ProblemTLS):            "the handshake of TLS failed: look at its certificate",
	string(outbound.ProblemDNS):            "its name was not found",
	string(outbound.ProblemCancelled):      "our server stopped meanwhile",
	string(outbound.ProblemPrivateAddress): "not sent: its address is private or reserved",
	string(outbound.ProblemPlainHTTP):      "not sent: plain http would leave the networks that are allowed",
	string(outbound.ProblemURL):            "not sent: its URL may not be called",
	string(outbound.ProblemSecret):         "not sent: its secret cannot be used",
	string(outbound.ProblemMessage):        "not sent: the message is not as it should be",
	registry.ProblemCutOff:                 "our server ended meanwhile: it may have arrived",
}

func problemInWords(code string, status int) string {
	if words, known := problems[code]; known {
		return words
	}
	switch {
	case code == string(outbound.ProblemRedirect):
		return fmt.Sprintf("it answered %d, and redirects are not followed", status)
	case status != 0:
		return fmt.Sprintf("it answered %d", status)
	default:
		return code
	}
}
