package seed

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"gelombang/internal/registry"
	"gelombang/webhooks/signature"
)

// demoPlatform is a platform as a seller.
type demoPlatform struct {
	registry.Platform
	id, key   int
	secret    []byte
	share     int // of the sales, per cent
	offerings []registry.Offering
}

// shares are how the sales are spread over the platforms, in per cent: invented.
var shares = map[string]int{
	"tokopedia": 34, "bukalapak": 14, "pintaria": 14, "pijarmahir": 12, "maubelajarapa": 9, "sekolahmu": 12, "sisnaker": 5,
}

// demoSecret is the published signing secret of a platform: its bytes say what it is.
func demoSecret(platform string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte("published demonstration secret of "+platform))
}

// preparePlatforms gives every platform a key and the sample catalogue, as of the given day.
func preparePlatforms(ctx context.Context, reg *registry.Registry, since time.Time) ([]demoPlatform, error) {
	if err := Reference(ctx, reg.At(since)); err != nil {
		return nil, err
	}
	if err := Catalogue(ctx, reg.At(since)); err != nil {
		return nil, err
	}
	table, err := platformTable()
	if err != nil {
		return nil, err
	}
	offerings, err := catalogueTable()
	if err != nil {
		return nil, err
	}
	platforms := make([]demoPlatform, len(table))
	for i, p := range table {
		p.Tolerance = signatureTolerance
		stored, err := reg.PutPlatform(ctx, actor, p)
		if err != nil {
			return nil, fmt.Errorf("platform %s: %w", p.Code, err)
		}
		key, text, err := reg.CreatePlatformKey(ctx, actor, registry.NewPlatformKey{
			Platform: p.Code, Scheme: signature.StandardV1, Secret: demoSecret(p.Code), NotBefore: since,
		})
		if err != nil {
			return nil, fmt.Errorf("key of %s: %w", p.Code, err)
		}
		secret, err := signature.ParseSecret(text)
		if err != nil {
			return nil, fmt.Errorf("key of %s: %w", p.Code, err)
		}
		platforms[i] = demoPlatform{Platform: p, id: stored.ID, key: key.ID, secret: secret, share: shares[p.Code]}
		for _, o := range offerings {
			if o.Platform == p.Code {
				platforms[i].offerings = append(platforms[i].offerings, o)
			}
		}
	}
	return platforms, nil
}
