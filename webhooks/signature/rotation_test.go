package signature_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"gelombang/webhooks/signature"
)

func TestKeysInRotation(t *testing.T) {
	old := signature.Key{ID: 10, Scheme: signature.StandardV1, Secret: secret}
	next := signature.Key{ID: 11, Scheme: signature.StandardV1, Secret: bytes.Repeat([]byte{9}, 24)}
	from := func(k signature.Key, at time.Time) signature.Key { k.NotBefore = at; return k }
	until := func(k signature.Key, at time.Time) signature.Key { k.NotAfter = at; return k }
	byOld, byNext := signedV1By(old.Secret), signedV1By(next.Secret)
	both := edited(byOld, "webhook-signature", byNext.Get("webhook-signature")+" "+byOld.Get("webhook-signature"))
	twin := old
	twin.ID = 12

	tests := []struct {
		name   string
		signed map[string][]string
		keys   []signature.Key
		want   int64 // 0 when refused
	}{
		{"old key in the overlap", byOld, []signature.Key{old, next}, 10},
		{"new key in the overlap", byNext, []signature.Key{old, next}, 11},
		{"signed with both, both known: the first key given", both, []signature.Key{old, next}, 10},
		{"signed with both, the old one known", both, []signature.Key{old}, 10},
		{"signed with both, the new one known", both, []signature.Key{next}, 11},
		{"two keys of one secret: the first", byOld, []signature.Key{twin, old}, 12},
		{"not before now", byOld, []signature.Key{from(old, now)}, 10},
		{"not before the next nanosecond", byOld, []signature.Key{from(old, now.Add(1))}, 0},
		{"not after now", byOld, []signature.Key{until(old, now)}, 0},
		{"not after the next nanosecond", byOld, []signature.Key{until(old, now.Add(1))}, 10},
		{"retired, its successor active", byOld, []signature.Key{until(old, now), next}, 0},
		{"retired before it began", byOld, []signature.Key{until(from(old, now.Add(time.Hour)), now)}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := verify(tt.signed, tt.keys...)
			if got.KeyID != tt.want || (err == nil) != (tt.want != 0) {
				t.Errorf("key %d and error %v, want key %d", got.KeyID, err, tt.want)
			}
		})
	}
}

func TestRetiredKeyIsNotUsable(t *testing.T) {
	retired := keyV1
	retired.NotAfter = now
	if _, err := verify(signV1(now), retired); !errors.Is(err, signature.ErrNoUsableKey) {
		t.Errorf("got %v, want %v", err, signature.ErrNoUsableKey)
	}
}
