package outbound_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// names is a name server: for each name the addresses that it gives, one list a lookup, the last one for ever.
// A name that it does not have does not exist.
type names struct {
	mu    sync.Mutex
	lists map[string][][]netip.Addr
}

func (n *names) add(name string, addrs ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []netip.Addr
	for _, a := range addrs {
		list = append(list, netip.MustParseAddr(a))
	}
	if n.lists == nil {
		n.lists = map[string][][]netip.Addr{}
	}
	n.lists[name] = append(n.lists[name], list)
}

// resolver returns a resolver that asks this name server. Over a connection that is not of packets, it speaks DNS
// with a length before each message, RFC 1035 section 4.2.2.
func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go n.serve(theirs)
		return ours, nil
	}}
}

func (n *names) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	for {
		var length [2]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		reply := n.answer(query)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// answer makes the reply to a query of one question, RFC 1035 section 4.1.
func (n *names) answer(query []byte) []byte {
	const headerBytes, typeA, typeAAAA, notFound = 12, 1, 28, 3
	var labels []string
	at := headerBytes
	for query[at] != 0 {
		size := int(query[at])
		labels = append(labels, string(query[at+1:at+1+size]))
		at += 1 + size
	}
	qtype := binary.BigEndian.Uint16(query[at+1:])
	question := query[headerBytes : at+5]
	addrs, found := n.lookup(strings.Join(labels, "."), qtype == typeA)

	var answers []byte
	count := 0
	for _, a := range addrs {
		if (qtype == typeA && a.Is4()) || (qtype == typeAAAA && a.Is6()) {
			answers = append(answers, 0xc0, headerBytes) // the name of the question
			answers = binary.BigEndian.AppendUint16(answers, qtype)
			answers = append(answers, 0, 1, 0, 0, 0, 0) // class IN, not to be kept
			answers = binary.BigEndian.AppendUint16(answers, uint16(len(a.AsSlice())))
			answers = append(answers, a.AsSlice()...)
			count++
		}
	}
	reply := append([]byte{}, query[:2]...) // id
	reply = append(reply, 0x85, 0x80)       // an authoritative answer, recursion done
	if !found {
		reply[3] |= notFound
	}
	reply = append(reply, 0, 1, 0, byte(count), 0, 0, 0, 0)
	return append(append(reply, question...), answers...)
}

// lookup takes the next list when asked for IPv4 addresses, as a resolver does once a lookup.
func (n *names) lookup(name string, next bool) ([]netip.Addr, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	lists, found := n.lists[name]
	if !found {
		return nil, false
	}
	if next && len(lists) > 1 {
		n.lists[name] = lists[1:]
	}
	return lists[0], true
}
