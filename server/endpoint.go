package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/endpoint"
	"gelombang/ent/outboundmessage"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/server/config"
	"gelombang/webhooks/outbound"
	"gelombang/webhooks/signature"
)

// endpointCommands are about where our own webhooks go.
type endpointCommands struct {
	Add     endpointAdd     `cmd:"" help:"Add an endpoint, and print what its receiver verifies with, and nothing else."`
	List    endpointList    `cmd:"" help:"List the endpoints."`
	Status  endpointStatus  `cmd:"" help:"Show how the endpoints take what is sent to them."`
	Rotate  endpointRotate  `cmd:"" help:"Make a new secret, and print it and nothing else."`
	Disable endpointDisable `cmd:"" help:"Send nothing more to an endpoint."`
	Enable  endpointEnable  `cmd:"" help:"Send to an endpoint again."`
	Test    endpointTest    `cmd:"" help:"Have the servers send an endpoint a webhook that says nothing: five a minute at most."`
	Resend  endpointResend  `cmd:"" help:"Have the servers send a webhook again."`
}

type endpointAdd struct {
	Name   string `arg:"" help:"A name, unique among the endpoints."`
	URL    string `arg:"" help:"The address: https, and not a private one unless GELOMBANG_PRIVATE_ENDPOINTS allows it."`
	Events string `required:"" placeholder:"EVENT,…" help:"reminder, alert_raised, alert_cleared, settlement."`
	Scheme string `default:"STANDARD_V1" enum:"STANDARD_V1,STANDARD_V1A" placeholder:"SCHEME" help:"STANDARD_V1 (a shared secret) or STANDARD_V1A (a public key) (default ${default})."`

	Messages config.Messages `embed:""`
	storage  `embed:""`
}

// Help is shown by --help.
func (endpointAdd) Help() string {
	return `The secret is printed once and cannot be shown again. Our webhooks follow Standard Webhooks 1.0.

Examples:

	gelombang endpoint add pmo-alerts https://pmo.example.org/alerts --events alert_raised,alert_cleared
	gelombang endpoint add gateway https://gateway.example.org/send --events reminder --scheme STANDARD_V1A`
}

// Run implements the command.
func (c *endpointAdd) Run(t *terminal) error {
	policy, err := c.Messages.Outbound()
	if err != nil {
		return usage(err)
	}
	var unfit *outbound.URLError
	if err := policy.CheckURL(c.URL); errors.As(err, &unfit) {
		return usage(fmt.Errorf("<url>: %s. Private networks, and http in them, are for GELOMBANG_PRIVATE_ENDPOINTS and GELOMBANG_PLAIN_ENDPOINTS", unfit.Reason))
	}
	in := registry.CreateEndpoint{Name: c.Name, URL: c.URL, Scheme: signature.Scheme(c.Scheme)}
	for event := range strings.SplitSeq(c.Events, ",") {
		in.Events = append(in.Events, rules.OutboundEvent(strings.ToUpper(strings.TrimSpace(event))))
	}
	return c.with(t, func(r *registry.Registry) error {
		_, secret, err := r.CreateEndpoint(t.ctx, atTheTerminal, in)
		if err != nil {
			return misuse(err, field{"name", "<name>"}, field{"url", "<url>"}, field{"events", "--events"}, field{"scheme", "--scheme"})
		}
		_, err = fmt.Fprintln(t.out, secret)
		return err
	})
}

type endpointList struct {
	storage `embed:""`
}

// Run implements the command.
func (c *endpointList) Run(t *terminal) error {
	return c.reading(t, func(r *registry.Registry) error {
		all, err := r.DB().Client().Endpoint.Query().Order(endpoint.ByName()).All(t.ctx)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("ENDPOINT\tNAME\tURL\tEVENTS\tSCHEME\tDISABLED\n")
		for _, e := range all {
			endpointLine(&lines, e)
		}
		return printTable(t.out, lines.String())
	})
}

func endpointLine(lines *strings.Builder, e *ent.Endpoint) {
	fmt.Fprintf(lines, "%d\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.Name, e.URL, e.Events, e.Scheme, when(e.DisabledAt))
}

// addressed is the argument that names an endpoint.
type addressed struct {
	Endpoint string `arg:"" help:"The endpoint's name, or its number; 'endpoint list' shows both."`
}

// find returns the number of the endpoint that is meant.
func (a addressed) find(t *terminal, r *registry.Registry) (int, error) {
	is := endpoint.Name(a.Endpoint)
	if number, err := strconv.Atoi(a.Endpoint); err == nil {
		is = endpoint.Or(is, endpoint.ID(number))
	}
	found, err := r.DB().Primary().Endpoint.Query().Where(is).IDs(t.ctx)
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0:
		return 0, fmt.Errorf("there is no endpoint %q: 'endpoint list' shows them", a.Endpoint)
	case len(found) > 1:
		return 0, fmt.Errorf("%s is the number of one endpoint and the name of another: say the one's name or the other's number", a.Endpoint)
	}
	return found[0], nil
}

// on opens the registry and runs fn for the endpoint that is meant.
func (a addressed) on(t *terminal, s storage, fn func(r *registry.Registry, endpoint int) error) error {
	return s.reading(t, func(r *registry.Registry) error {
		id, err := a.find(t, r)
		if err != nil {
			return err
		}
		return fn(r, id)
	})
}

type endpointRotate struct {
	addressed `embed:""`
	Overlap   time.Duration `default:"24h" placeholder:"D" help:"How long the earlier secret signs beside the new one: 0s, which ends it at once, to 720h, which are 30 days (default ${default})."`

	storage `embed:""`
}

// Help is shown by --help.
func (endpointRotate) Help() string {
	return `Until when the earlier secret signs is told on standard error. While one does, another rotation must have --overlap 0s, which ends every earlier secret at once.

Examples:

	gelombang endpoint rotate pmo-alerts
	gelombang endpoint rotate pmo-alerts --overlap 0s    # a secret has leaked`
}

// Run implements the command.
func (c *endpointRotate) Run(t *terminal) error {
	return c.on(t, c.storage, func(r *registry.Registry, id int) error {
		changed, secret, err := r.RotateEndpointSecret(t.ctx, atTheTerminal, registry.RotateEndpointSecret{Endpoint: id, Overlap: c.Overlap})
		if err != nil {
			return misuse(err, field{"overlap", "--overlap"})
		}
		if until := changed.EarlierUntil; until != nil {
			t.log.Info("the earlier secret signs beside the new one", slog.String("until", instant(*until)), slog.String("utc", until.UTC().Format(time.RFC3339)))
		}
		_, err = fmt.Fprintln(t.out, secret)
		return err
	})
}

type endpointDisable struct {
	addressed `embed:""`
	storage   `embed:""`
}

// Run implements the command.
func (c *endpointDisable) Run(t *terminal) error {
	return c.on(t, c.storage, func(r *registry.Registry, id int) error {
		_, err := r.DisableEndpoint(t.ctx, atTheTerminal, id)
		return err
	})
}

type endpointEnable struct {
	addressed `embed:""`
	storage   `embed:""`
}

// Run implements the command.
func (c *endpointEnable) Run(t *terminal) error {
	return c.on(t, c.storage, func(r *registry.Registry, id int) error {
		_, err := r.EnableEndpoint(t.ctx, atTheTerminal, id)
		return err
	})
}

type endpointTest struct {
	addressed `embed:""`
	storage   `embed:""`
}

// Run implements the command.
func (c *endpointTest) Run(t *terminal) error {
	return c.on(t, c.storage, func(r *registry.Registry, id int) error {
		m, err := r.TestEndpoint(t.ctx, atTheTerminal, id)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, m.MessageID)
		return err
	})
}

type endpointResend struct {
	Message string `arg:"" help:"Its webhook-id, msg_…, as receivers and 'endpoint test' show it, or its number, as in the log."`

	storage `embed:""`
}

// Run implements the command.
func (c *endpointResend) Run(t *terminal) error {
	return c.reading(t, func(r *registry.Registry) error {
		number, err := strconv.Atoi(c.Message)
		if err != nil {
			m, err := r.DB().Client().OutboundMessage.Query().Where(outboundmessage.MessageID(c.Message)).Only(t.ctx)
			if ent.IsNotFound(err) {
				return usage(errors.New("<message>: there is no webhook of ours with this id"))
			}
			if err != nil {
				return err
			}
			number = m.ID
		}
		_, err = r.ResendMessage(t.ctx, atTheTerminal, number)
		return err
	})
}
