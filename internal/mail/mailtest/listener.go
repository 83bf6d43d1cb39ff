package mailtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
)

// listener knows its connections, so that they can be dropped from outside without touching what go-smtp keeps of
// them, which is not for other goroutines.
type listener struct {
	net.Listener

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
}

func listen(addr string) (*listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("mailtest: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, errors.New("mailtest: the server is for a loopback address, such as 127.0.0.1:1025")
	}
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("mailtest: %w", err)
	}
	return &listener{Listener: ln, open: map[net.Conn]struct{}{}}, nil
}

// Accept accepts one connection.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = conn.Close()
	}
	l.open[conn] = struct{}{}
	return &tracked{Conn: conn, forget: func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, conn)
	}}, nil
}

// closeAll closes the listener and all connections.
func (l *listener) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	_ = l.Close()
	for conn := range l.open {
		_ = conn.Close()
	}
}

// tracked is a connection that is forgotten once it is closed.
type tracked struct {
	net.Conn
	forget func()
}

// Close closes the connection.
func (t *tracked) Close() error {
	t.forget()
	return t.Conn.Close()
}
