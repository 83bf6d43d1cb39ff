package outbound

import (
	"bufio"
	"net"
)

// unread is an HTTP/1 connection that is read byte by byte. When the other end sends more than it was asked for,
// net/http writes whatever it has read ahead, up to 4 KiB, to the standard logger: a receiver that sends our own
// message back would have personal data written to our log. This way it has read one byte ahead and no more.
type unread struct {
	net.Conn
	buffered *bufio.Reader
}

func newUnread(c net.Conn) *unread { return &unread{c, bufio.NewReader(c)} }

// Read implements io.Reader.
func (u *unread) Read(p []byte) (int, error) { return u.buffered.Read(p[:min(1, len(p))]) }
