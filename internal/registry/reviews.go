package registry

import (
	"slices"

	"gelombang/internal/rules"
)

// keepReviews makes the open reviews those that the rules need: it opens what is missing and closes
// as moot what is no longer a question.
func (p *participant) keepReviews(needed []rules.ReviewNeed, o occasion) {
	var open []*review
	for _, need := range needed {
		rv := p.openReview(need)
		if rv == nil {
			rv = &review{owner: p, kind: need.Kind, purchase: p.find(need.Purchase), openedBy: o.by}
		}
		open = append(open, rv)
	}
	for _, rv := range p.reviews {
		if rv.closed.state == "" && !slices.Contains(open, rv) {
			rv.closed = closure{state: rules.ReviewMoot}
		}
		if rv.closed.state != "" && rv.id != 0 {
			p.closed = append(p.closed, rv)
		}
	}
	p.reviews = open
}

func (p *participant) openReview(need rules.ReviewNeed) *review {
	for _, rv := range p.reviews {
		if rv.closed.state == "" && rv.kind == need.Kind && rv.purchase.PurchaseKey == need.Purchase {
			return rv
		}
	}
	return nil
}
