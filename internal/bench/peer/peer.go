// Package peer starts the programs that are measured, each as a process of its own as it would run in earnest, and reads
// what they use.
package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Peer is a program that answers HTTP on this machine.
type Peer struct {
	URL   string        // of its root, without a slash at the end
	Ready time.Duration // from the start to the first good answer

	cmd  *exec.Cmd
	log  string
	done chan struct{}
	err  error // what the program ended with; once done is closed
}

// PID is the process that was started; others may be its children.
func (p *Peer) PID() int { return p.cmd.Process.Pid }

// start runs the program and waits until ready asks it successfully. What it logs goes to a file in the directory.
func start(ctx context.Context, dir, name string, cmd *exec.Cmd, address string, ready func(context.Context, string) error) (*Peer, error) {
	p := &Peer{URL: "http://" + address, cmd: cmd, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = out, out
	began := time.Now()
	if err := errors.Join(cmd.Start(), out.Close()); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		err := ready(ctx, p.URL)
		if err == nil {
			p.Ready = time.Since(began)
			return p, nil
		}
		select {
		case <-poll.C:
		case <-p.done:
			return nil, fmt.Errorf("%s has ended: %w\n%s", name, errors.Join(errEnded, p.err), p.tail())
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("%s is not ready: %w\n%s", name, err, p.tail()), p.Stop())
		}
	}
}

// startWithin bounds how long a program may take to be ready.
const startWithin = 2 * time.Minute

var errEnded = errors.New("before it was ready")

// tail is the end of what the program has logged.
func (p *Peer) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// Check returns an error if the program has ended.
func (p *Peer) Check() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s has ended: %w\n%s", filepath.Base(p.log), errors.Join(errors.New("by itself"), p.err), p.tail())
	default:
		return nil
	}
}

// Stop asks the program to end and waits until it has.
func (p *Peer) Stop() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("the program does not end when asked, and is killed"), p.cmd.Process.Kill())
	}
}

// answers asks by HTTP and returns an error unless the answer is 200.
func answers(ctx context.Context, method, url, body string) error {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err = errors.Join(err, response.Body.Close()); err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answers %s", response.Status)
	}
	return err
}

// freeAddress is an address on this machine that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
