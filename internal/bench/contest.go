package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"gelombang/internal/bench/load"
	"gelombang/internal/bench/peer"
	"gelombang/internal/bench/question"
	"gelombang/internal/db"
	"gelombang/internal/viewer"
)

// inWIB has a session write times and cut days in WIB.
const inWIB = "options=-c%20timezone%3DAsia/Jakarta"

// contest is everybody ready to be asked.
type contest struct {
	place     *place
	database  string // its name
	world     *question.World
	questions []question.Question
	peers     map[question.Side]*peer.Peer // none for the floor
	asked     map[string]*asked            // by question
	client    *http.Client
}

// asked is a question with the keys that it is asked for.
type asked struct {
	keys []question.Key
	file map[question.Side]string  // of requests
	size map[question.Side]float64 // bytes of an answer, the mean of the sample
}

// openContest starts those of the sides that are programs, on a database.
func openContest(t *terminal, p *place, database string, sides []question.Side) (_ *contest, err error) {
	c := &contest{
		place: p, database: database, questions: question.All(), peers: map[question.Side]*peer.Peer{}, asked: map[string]*asked{},
		client: &http.Client{Timeout: time.Minute},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	c.world = &question.World{Data: p.data, Now: time.Now().UTC(), Ask: c.ask}
	if c.world.DB, err = db.Open(t.ctx, db.Config{URL: p.cluster.URL(database)}); err != nil {
		return nil, err
	}
	if err := c.world.Learn(t.ctx); err != nil {
		return nil, err
	}
	for _, side := range sides {
		switch side {
		case question.Ours:
			c.peers[side], err = peer.Gelombang{Dir: p.dir, Database: p.cluster.URL(database), Keys: p.keys()}.Start(t.ctx)
		case question.Theirs:
			c.peers[side], err = peer.PostGraphile{Dir: p.dir, Database: p.cluster.URL(database, inWIB)}.Start(t.ctx)
		default:
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Close stops everybody but the Postgres.
func (c *contest) Close() error {
	var errs []error
	for _, p := range c.peers {
		errs = append(errs, p.Stop())
	}
	if c.world.DB != nil {
		errs = append(errs, c.world.DB.Close())
	}
	return errors.Join(errs...)
}

// ask implements question.World.Ask. Of a side that is not there it returns nothing.
func (c *contest) ask(ctx context.Context, side question.Side, role viewer.Role, subject, document string, variables map[string]any) ([]byte, error) {
	p := c.peers[side]
	if p == nil {
		return nil, nil
	}
	r, err := request(side, role, subject, document, variables)
	if err != nil {
		return nil, err
	}
	httpRequest, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	httpRequest.Header.Set("Content-Type", "application/json")
	for name, value := range r.Header {
		httpRequest.Header.Set(name, value)
	}
	response, err := c.client.Do(httpRequest)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []json.RawMessage
	}
	if err := json.Unmarshal(text, &answer); err != nil || response.StatusCode != http.StatusOK || len(answer.Errors) > 0 {
		return nil, fmt.Errorf("%s answers %s: %.1000s", side, response.Status, text)
	}
	return answer.Data, nil
}

// request is a question as a request, to us with a token.
func request(side question.Side, role viewer.Role, subject, document string, variables map[string]any) (load.Request, error) {
	r := load.Request{Path: "/graphql", Header: map[string]string{}}
	if side == question.Ours {
		token, err := peer.Token(role, subject)
		if err != nil {
			return r, err
		}
		r.Header["Authorization"] = "Bearer " + token
	}
	var err error
	r.Body, err = json.Marshal(map[string]any{"query": document, "variables": variables})
	return r, err
}

// mostKeys is how many keys a question is asked for in a run, at most. The first few are compared, and a sample of all.
const (
	mostKeys = 20_000
	firstFew = 5
	sample   = 100
)

// prepare draws the keys of a question, writes the requests, and compares the answers of all who are there.
func (c *contest) prepare(ctx context.Context, q question.Question) error {
	draw := rand.New(rand.NewPCG(c.place.data.Seed, 6))
	keys, err := q.Keys(ctx, c.world, draw, mostKeys)
	if err != nil {
		return fmt.Errorf("%s: %w", q.Name, err)
	}
	a := &asked{keys: keys, file: map[question.Side]string{}, size: map[question.Side]float64{}}
	c.asked[q.Name] = a
	if err := c.compare(ctx, q, a); err != nil {
		return err
	}
	for side, p := range c.peers {
		requests := make([]load.Request, len(keys))
		for i, k := range keys {
			if requests[i], err = requestOf(side, q, k); err != nil {
				return err
			}
		}
		u, err := url.Parse(p.URL)
		if err != nil {
			return err
		}
		a.file[side] = filepath.Join(c.place.dir, fmt.Sprintf("%s-%s.requests", q.Name, strings.ToLower(string(side))))
		if err := load.Write(a.file[side], u.Host, requests); err != nil {
			return err
		}
	}
	return nil
}

func requestOf(side question.Side, q question.Question, k question.Key) (load.Request, error) {
	document, variables := q.Theirs, k.Theirs
	if side == question.Ours {
		document, variables = q.Ours, k.Ours
	}
	return request(side, q.Role, k.Subject, document, variables)
}

// errDiffer says that two sides give different answers, so that it makes no sense to compare how fast.
var errDiffer = errors.New("the answers differ")

// compare asks everybody for some of the keys.
func (c *contest) compare(ctx context.Context, q question.Question, a *asked) error {
	n := min(sample, len(a.keys))
	for i := range n {
		if err := c.compareKey(ctx, q, a, a.keys[i*len(a.keys)/n], 1/float64(n)); err != nil {
			return err
		}
	}
	for _, k := range a.keys[:min(firstFew, len(a.keys))] {
		if err := c.compareKey(ctx, q, a, k, 0); err != nil {
			return err
		}
	}
	return nil
}

// compareKey compares all answers to one key, which has a weight in the mean size.
func (c *contest) compareKey(ctx context.Context, q question.Question, a *asked, k question.Key, weight float64) error {
	want, err := c.statement(ctx, q, k)
	if err != nil {
		return err
	}
	for side := range c.peers {
		document, variables := q.Theirs, k.Theirs
		if side == question.Ours {
			document, variables = q.Ours, k.Ours
		}
		data, err := c.ask(ctx, side, q.Role, k.Subject, document, variables)
		if err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
		got, err := q.Canonical(c.world, side, data)
		if err != nil {
			return err
		}
		if difference := question.Compare(got, want); difference != "" {
			return fmt.Errorf("%w: %s of %s, key %v, is not that of the statement: %s", errDiffer, q.Name, side, k.Floor, difference)
		}
		a.size[side] += weight * float64(len(data))
	}
	return nil
}

var parameter = regexp.MustCompile(`:[a-z]+`)

// statement answers by the statement alone.
func (c *contest) statement(ctx context.Context, q question.Question, k question.Key) (any, error) {
	var args []any
	text := parameter.ReplaceAllStringFunc(q.Floor, func(name string) string {
		args = append(args, fmt.Sprint(k.Floor[name[1:]]))
		return fmt.Sprintf("$%d", len(args))
	})
	var data []byte
	if err := c.world.DB.Read.QueryRowContext(ctx, text, args...).Scan(&data); err != nil {
		return nil, fmt.Errorf("%s, the statement: %w", q.Name, err)
	}
	return q.Canonical(c.world, question.Floor, data)
}

// measure lets one side be asked a question by so many at once.
func (c *contest) measure(ctx context.Context, q question.Question, side question.Side, connections int, d time.Duration) (Measurement, error) {
	m := Measurement{Question: q.Name, Side: side, Connections: connections}
	before, err := c.place.used(c.peers[side])
	if err != nil {
		return m, err
	}
	if m.Result, err = c.load(ctx, q, side, connections, d); err != nil {
		return m, err
	}
	after, err := c.place.used(c.peers[side])
	if err != nil {
		return m, err
	}
	m.Server, m.Postgres = after.server-before.server, after.postgres-before.postgres
	return m, c.plausible(q, m)
}

// usage is what was used, in seconds of processor.
type usage struct{ server, postgres float64 }

// used is what a server, if there is one, and the Postgres have used since they were started.
func (p *place) used(server *peer.Peer) (u usage, err error) {
	if server != nil {
		if u.server, err = peer.CPU(server.PID()); err != nil {
			return u, errors.Join(err, server.Check())
		}
	}
	pid, err := p.cluster.PID()
	if err != nil {
		return u, err
	}
	u.postgres, err = peer.CPU(pid)
	return u, err
}

func (c *contest) load(ctx context.Context, q question.Question, side question.Side, connections int, d time.Duration) (load.Result, error) {
	if p := c.peers[side]; p != nil {
		return load.Wrk{URL: p.URL, File: c.asked[q.Name].file[side], Connections: connections, Time: d}.Run(ctx)
	}
	return load.PgBench{
		Dir: c.place.dir, Database: c.place.cluster.URL(c.database, inWIB), Draws: q.Draws(c.world), Statement: q.Floor, Connections: connections, Time: d,
	}.Run(ctx)
}

// plausible tells answers from refusals, which GraphQL may answer 200: by their number of bytes.
func (c *contest) plausible(q question.Question, m Measurement) error {
	size := c.asked[q.Name].size[m.Side]
	if size == 0 {
		return nil
	}
	const headers = 1500
	if mean := float64(m.Result.Bytes) / float64(max(1, m.Result.Answers)); m.Result.Errors > 0 || mean < 0.8*size || mean > 1.25*size+headers {
		return fmt.Errorf("%s of %s at %d connections: %d of %d answers are errors, and the mean answer has %.0f bytes where the sample has %.0f", q.Name, m.Side, m.Connections, m.Result.Errors, m.Result.Answers, mean, size)
	}
	return nil
}

// removeRequests removes the files of requests, which hold tokens.
func (c *contest) removeRequests() error {
	var errs []error
	for _, a := range c.asked {
		for _, name := range a.file {
			errs = append(errs, os.Remove(name))
		}
	}
	return errors.Join(errs...)
}
