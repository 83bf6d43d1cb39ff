// Package cluster keeps a Postgres cluster of the benchmarks' own in a directory: made when it is missing, run as an
// unprivileged user, and left in place to be used again.
package cluster

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// Cluster is a Postgres cluster in a directory.
type Cluster struct {
	dir  string
	bin  string
	as   *syscall.Credential // whom the server runs as; nil for ourselves
	port int
}

// superuser owns everything in the cluster. It listens on this machine only and asks for no password.
const superuser = "gelombang"

// Open finds the programs of Postgres, and makes the cluster if there is none in the directory. It does not start it.
func Open(dir string) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: filepath.Join(dir, "postgres"), bin: bin}
	if err := os.MkdirAll(c.dir, 0o755); err != nil { //nolint:gosec // the unprivileged user must get in
		return nil, fmt.Errorf("make the directory of the cluster: %w", err)
	}
	if err := c.becomeUnprivileged(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(c.data(), "PG_VERSION")); errors.Is(err, fs.ErrNotExist) {
		return c, c.run("initdb", "-D", c.data(), "-U", superuser, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
	} else if err != nil {
		return nil, err
	}
	return c, nil
}

// binaries finds the newest server installed: Debian's folders first, then the PATH.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	major := func(path string) int {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err != nil {
			return 0
		}
		return n
	}
	sort.Slice(found, func(i, j int) bool { return major(found[i]) > major(found[j]) })
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("there is no Postgres: apt-get install wrk postgresql")
}

// becomeUnprivileged picks whom the server runs as, for it refuses to run as root.
func (c *Cluster) becomeUnprivileged() error {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uerr, gerr); err != nil {
			return err
		}
		c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return os.Chown(c.dir, int(uid), int(gid))
	}
	return errors.New("running as root, and there is neither a user postgres nor nobody to run the server as")
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Start starts the server with the settings, or takes the one that runs already, whatever its settings.
func (c *Cluster) Start(settings Settings) error {
	if port, running := c.running(); running {
		c.port = port
		return nil
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	c.port = port
	return c.ctl("start", "-l", filepath.Join(c.dir, "log"), "-o", settings.options(port))
}

// Stop stops the server, with a checkpoint. One that does not run is no error.
func (c *Cluster) Stop() error {
	if _, running := c.running(); !running {
		return nil
	}
	return c.ctl("stop", "-m", "fast")
}

// running reads the port from the lock file of a server that lives.
func (c *Cluster) running() (port int, running bool) {
	lines, err := c.lock()
	if err != nil || len(lines) < 4 {
		return 0, false
	}
	pid, perr := strconv.Atoi(strings.TrimSpace(lines[0]))
	port, err = strconv.Atoi(strings.TrimSpace(lines[3]))
	if errors.Join(perr, err) != nil || syscall.Kill(pid, 0) != nil {
		return 0, false
	}
	return port, true
}

func (c *Cluster) lock() (lines []string, err error) {
	f, err := os.Open(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines, nil
}

// PID is the process id of the server, the parent of all its processes.
func (c *Cluster) PID() (int, error) {
	lines, err := c.lock()
	if err != nil || len(lines) == 0 {
		return 0, errors.Join(errors.New("the Postgres of the benchmarks does not run"), err)
	}
	return strconv.Atoi(strings.TrimSpace(lines[0]))
}

// Port is where the server listens, on 127.0.0.1.
func (c *Cluster) Port() int { return c.port }

// URL is the address of a database. Parameters are added to it as they are, such as "timezone=Asia/Jakarta".
func (c *Cluster) URL(database string, parameters ...string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(superuser), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "/" + database,
		RawQuery: strings.Join(append([]string{"sslmode=disable"}, parameters...), "&"),
	}
	return u.String()
}

func (c *Cluster) ctl(action string, args ...string) error {
	return c.run("pg_ctl", append([]string{action, "-w", "-t", "600", "-D", c.data()}, args...)...)
}

// run runs a program of Postgres. The server inherits the output, so it must not be a pipe that somebody waits for.
func (c *Cluster) run(program string, args ...string) error {
	cmd := exec.Command(filepath.Join(c.bin, program), args...) //nolint:noctx,gosec // a stop must be finished also when we are told to end; the programs are Postgres' own
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Setsid: true}
	out, err := os.Create(filepath.Join(c.dir, program+".out"))
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // written by the child only
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, rerr := os.ReadFile(out.Name())
		return errors.Join(fmt.Errorf("%s: %w\n%s", program, err, text), rerr)
	}
	return nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // listening on this machine takes no time
	if err != nil {
		return 0, err
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.Join(fmt.Errorf("not a TCP address: %v", l.Addr()), l.Close())
	}
	return addr.Port, l.Close()
}
