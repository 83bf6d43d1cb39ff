package stmtcache

import (
	"container/list"
	"database/sql/driver"
	"errors"
	"hash/maphash"
)

// statement is one that a connection keeps.
type statement struct {
	driver.Stmt
	query driver.StmtQueryContext
	exec  driver.StmtExecContext
	text  string
	busy  bool // its rows are being read
	gone  bool // not kept any more: to be closed with its rows
}

// release says that the rows of the statement were closed.
func (s *statement) release() error {
	s.busy = false
	if s.gone {
		return s.Close()
	}
	return nil
}

// kept are the statements of a connection, the one used last in front.
type kept struct {
	size   int
	order  *list.List // of *statement
	byText map[string]*list.Element
	// seen are the texts that were run once, as hashes: of two texts with the same, one is prepared early.
	seen map[uint64]struct{}
	seed maphash.Seed
}

func newKept(size int) *kept {
	return &kept{size: size, order: list.New(), byText: make(map[string]*list.Element), seen: make(map[uint64]struct{}), seed: maphash.MakeSeed()}
}

// find returns the statement with the text, if there is one.
func (k *kept) find(text string) *statement {
	e, ok := k.byText[text]
	if !ok {
		return nil
	}
	k.order.MoveToFront(e)
	return e.Value.(*statement) //nolint:forcetypeassert // the list holds nothing else
}

// again reports whether the text was asked about before, as far as is remembered.
func (k *kept) again(text string) bool {
	h := maphash.String(k.seed, text)
	if _, ok := k.seen[h]; ok {
		delete(k.seen, h)
		return true
	}
	if len(k.seen) >= 4*k.size { // texts that never come again
		clear(k.seen)
	}
	k.seen[h] = struct{}{}
	return false
}

// add keeps a statement and gives up the oldest one if there are too many.
func (k *kept) add(s *statement) error {
	k.byText[s.text] = k.order.PushFront(s)
	if k.order.Len() <= k.size {
		return nil
	}
	return k.remove(k.order.Back())
}

// clear gives up all of them.
func (k *kept) clear() error {
	var errs []error
	for k.order.Len() > 0 {
		errs = append(errs, k.remove(k.order.Back()))
	}
	return errors.Join(errs...)
}

func (k *kept) remove(e *list.Element) error {
	s := k.order.Remove(e).(*statement) //nolint:forcetypeassert // the list holds nothing else
	delete(k.byText, s.text)
	if s.busy {
		s.gone = true
		return nil
	}
	return s.Close()
}
