package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver "postgres"

	"gelombang/internal/leftout"
)

// Postgres is a running server whose databases a test may create.
type Postgres struct {
	address url.URL
	dir     string // of a throw-away cluster; empty for a server that is not ours
	bin     string
	port    int
	as      *syscall.Credential

	held *os.File // open as long as this process lives

	templateMu sync.Mutex
	template   string // a migrated, empty database; made when it is first needed
}

var shared = sync.OnceValues(startShared)

// Server returns the Postgres that the tests of this binary share. It skips the test where none can
// be had, and fails it there with CI=true.
func Server(t testing.TB) *Postgres {
	t.Helper()
	server, err := shared()
	if err != nil {
		leftout.Test(t, "a Postgres server", err)
	}
	return server
}

func startShared() (*Postgres, error) {
	if address := os.Getenv("GELOMBANG_TEST_DATABASE_URL"); address != "" {
		u, err := url.Parse(address)
		if err != nil {
			return nil, errors.New("GELOMBANG_TEST_DATABASE_URL is not an address")
		}
		return &Postgres{address: *u}, nil
	}
	server, err := startCluster()
	if err != nil {
		return nil, err
	}
	if err := server.stopWithParent(); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return server, nil
}

// NewCluster starts a throw-away cluster of the test's own, for tests that stop or restart the server.
func NewCluster(t testing.TB) *Postgres {
	t.Helper()
	server, err := startCluster()
	if err != nil {
		leftout.Test(t, "a Postgres server", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("stop Postgres: %v", err)
		}
	})
	return server
}

// URL returns the address of a database of this server.
func (p *Postgres) URL(database string) string { return p.url(database) }

// CreateDatabase creates a database and returns its address.
func (p *Postgres) CreateDatabase(name string) (string, error) {
	if err := p.exec("CREATE DATABASE " + name); err != nil {
		return "", err
	}
	return p.url(name), nil
}

// Restart stops the cluster as a crash would, without a checkpoint, and starts it again at the same
// address.
func (p *Postgres) Restart() error {
	if err := p.Halt(); err != nil {
		return err
	}
	return p.Start()
}

// Halt stops the cluster as a crash would, and keeps its files.
func (p *Postgres) Halt() error { return p.ctl("stop", "-m", "immediate") }

// Stop stops the cluster and removes its files.
func (p *Postgres) Stop() error {
	return errors.Join(p.ctl("stop", "-m", "immediate"), os.RemoveAll(p.dir))
}

func startCluster() (*Postgres, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gelombang-pg-")
	if err != nil {
		return nil, err
	}
	p := &Postgres{dir: dir, bin: bin}
	if err := p.create(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p, nil
}

// binaries finds the newest server installed: Debian's folders first, then the PATH.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	sort.Slice(found, func(i, j int) bool { return major(found[i]) > major(found[j]) })
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("no binaries found: install the package postgresql, or set GELOMBANG_TEST_DATABASE_URL")
}

func major(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

func (p *Postgres) create() error {
	if err := p.becomeUnprivileged(); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	p.port = port
	p.address = url.URL{Scheme: "postgres", User: url.User("gelombang"), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), RawQuery: "sslmode=disable"}
	if err := p.run("initdb", "-D", p.data(), "-U", "gelombang", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
		return err
	}
	return p.Start()
}

// becomeUnprivileged picks whom the server runs as, for it refuses to run as root.
func (p *Postgres) becomeUnprivileged() error {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return err
		}
		p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return os.Chown(p.dir, int(uid), int(gid))
	}
	return errors.New("running as root, and there is neither a user postgres nor nobody to run the server as")
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

// Start starts the server. Without fsync a machine that loses power loses the data, which are a
// test's; a process that is killed loses nothing.
func (p *Postgres) Start() error {
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=200 -c shared_buffers=256MB -c max_wal_size=4GB", p.port)
	return p.ctl("start", "-l", filepath.Join(p.dir, "log"), "-o", options)
}

func (p *Postgres) ctl(action string, args ...string) error {
	return p.run("pg_ctl", append([]string{action, "-w", "-t", "60", "-D", p.data()}, args...)...)
}

func (p *Postgres) run(program string, args ...string) error {
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.Dir = p.dir
	if p.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	}
	// The server inherits the output, so it must not be a pipe that somebody waits for.
	log, err := os.OpenFile(filepath.Join(p.dir, program+".out"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // written by the child only
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		text, rerr := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("%s %v: %w\n%s", program, args, err, text), rerr)
	}
	return nil
}

// stopWithParent leaves a small watcher that stops the cluster when the test binary has ended, however
// it ended: a test binary has no hook after the last test of a package. The watcher reads from a pipe of
// which the binary holds the other end, which the system closes with it.
func (p *Postgres) stopWithParent() error {
	watched, held, err := os.Pipe()
	if err != nil {
		return err
	}
	script := `cat >/dev/null; kill -QUIT "$(head -1 "$1/data/postmaster.pid")"; i=0; while [ -e "$1/data/postmaster.pid" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done; rm -rf "$1"`
	cmd := exec.Command("/bin/sh", "-c", script, "sh", p.dir)
	cmd.Stdin = watched
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start the watcher: %w", err), watched.Close(), held.Close())
	}
	p.held = held
	return errors.Join(watched.Close(), cmd.Process.Release())
}

func (p *Postgres) url(database string) string {
	u := p.address
	u.Path = "/" + database
	return u.String()
}

func (p *Postgres) exec(statement string) error {
	admin := p.address
	if admin.Path == "" {
		admin.Path = "/postgres"
	}
	conn, err := sql.Open("postgres", admin.String())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = conn.ExecContext(ctx, statement)
	return errors.Join(err, conn.Close())
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.Join(fmt.Errorf("not a TCP address: %v", l.Addr()), l.Close())
	}
	return addr.Port, l.Close()
}
