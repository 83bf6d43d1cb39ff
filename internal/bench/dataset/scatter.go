package dataset

// draw returns 64 bits that depend on the parts and on nothing else.
func draw(parts ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, p := range parts {
		h = mix(h ^ mix(p+0x9e3779b97f4a7c15))
	}
	return h
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// fraction makes a number of [0, 1) of 64 bits.
func fraction(bits uint64) float64 { return float64(bits>>11) / (1 << 53) }

// scatter is a permutation of 0, 1, …, n-1 that can be asked in both directions without a table. The zero scatter
// leaves everything in its place.
type scatter struct {
	n                      uint64
	factor, inverse, shift uint64
}

func newScatter(n int, seed ...uint64) scatter {
	if n < 2 {
		return scatter{}
	}
	s := scatter{n: uint64(n), shift: draw(append(seed, 1)...) % uint64(n)}
	// About the golden ratio of n, so that neighbours come far apart, and prime to it.
	s.factor = uint64(float64(n)*0.618) + draw(append(seed, 2)...)%uint64(n/8+1)
	for gcd(s.factor, s.n) != 1 {
		s.factor++
	}
	s.factor %= s.n
	s.inverse = inverse(s.factor, s.n)
	return s
}

// to is where i comes to.
func (s scatter) to(i int) int {
	if s.n == 0 {
		return i
	}
	return int((uint64(i)*s.factor + s.shift) % s.n) // n is below 2^31, so that nothing overflows
}

// from is what comes to i.
func (s scatter) from(i int) int {
	if s.n == 0 {
		return i
	}
	return int((uint64(i) + s.n - s.shift) % s.n * s.inverse % s.n)
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// inverse returns the x with a·x ≡ 1 modulo n, for a prime to n.
func inverse(a, n uint64) uint64 {
	r, newR := int64(n), int64(a)
	t, newT := int64(0), int64(1)
	for newR != 0 {
		q := r / newR
		t, newT = newT, t-q*newT
		r, newR = newR, r-q*newR
	}
	if t < 0 {
		t += int64(n)
	}
	return uint64(t)
}
