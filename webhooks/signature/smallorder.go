package signature

import (
	"crypto/ed25519"
	"encoding/hex"
)

// smallOrderPoints are the encodings of the points of ed25519 whose order divides 8, the sign bit
// cleared, those that are not reduced included. Under such a public key a signature can be made
// without a private key; the all-zero key of a forgotten field is one of them. The list is that of
// libsodium's ge25519_has_small_order.
var smallOrderPoints = [...]string{
	"0000000000000000000000000000000000000000000000000000000000000000", // 0, order 4
	"0100000000000000000000000000000000000000000000000000000000000000", // 1, order 1
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p-1, order 2
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p, the same point as 0
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p+1, the same point as 1
}

// smallOrder reports whether a public key of 32 bytes is one of [smallOrderPoints].
func smallOrder(public ed25519.PublicKey) bool {
	var unsigned [ed25519.PublicKeySize]byte
	copy(unsigned[:], public)
	unsigned[len(unsigned)-1] &= 0x7f
	encoded := hex.EncodeToString(unsigned[:])
	for _, point := range smallOrderPoints {
		if encoded == point {
			return true
		}
	}
	return false
}
