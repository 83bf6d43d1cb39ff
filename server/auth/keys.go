package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

// keySource finds the key of a token. The context is the request's.
type keySource func(context.Context) jwt.Keyfunc

const (
	refreshEvery = time.Hour
	// A token with an unknown key id makes us read the address again, at most this often: anybody
	// can make up key ids.
	refreshUnknown = time.Minute
	// fetchTimeout bounds a reading of the address, and with it the request that caused it.
	fetchTimeout = 5 * time.Second
)

func sharedSecret(secret []byte) keySource {
	return func(context.Context) jwt.Keyfunc {
		return func(*jwt.Token) (any, error) { return secret, nil }
	}
}

func publicKeys(ctx context.Context, cfg Config) (keySource, error) {
	storage, err := readJWKS(ctx, cfg)
	if err != nil {
		return nil, err
	}
	// A key for encryption is not for signatures.
	found, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: storage, UseWhitelist: []jwkset.USE{jwkset.UseSig, ""}})
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	return func(ctx context.Context) jwt.Keyfunc {
		find := found.KeyfuncCtx(ctx)
		return func(t *jwt.Token) (any, error) {
			// Without a key id every key would be tried, and the checks of a key's use and
			// algorithm left out.
			if _, named := t.Header["kid"]; !named {
				return nil, errNoKeyID
			}
			return find(t)
		}
	}, nil
}

var errNoKeyID = errors.New("no key id in the token's header")

func readJWKS(ctx context.Context, cfg Config) (jwkset.Storage, error) {
	if strings.Contains(cfg.JWKS, "://") {
		return fetchJWKS(ctx, cfg)
	}
	raw, err := os.ReadFile(cfg.JWKS)
	if err != nil {
		return nil, fmt.Errorf("read the JWKS: set GELOMBANG_JWT_JWKS to a file that exists: %w", err)
	}
	var set jwkset.JWKSMarshal
	if err := json.Unmarshal(raw, &set); err != nil || len(set.Keys) == 0 {
		return nil, fmt.Errorf("%s is not a JWKS with at least one key: set GELOMBANG_JWT_JWKS to the identity provider's", cfg.JWKS)
	}
	storage, err := set.ToStorage()
	if err != nil {
		return nil, fmt.Errorf("%s: a key of the JWKS is not usable: %w", cfg.JWKS, err)
	}
	return storage, nil
}

func fetchJWKS(ctx context.Context, cfg Config) (jwkset.Storage, error) {
	client := cfg.Client
	if client == nil {
		client = &http.Client{Timeout: fetchTimeout}
	}
	remote, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{cfg.JWKS}, keyfunc.Override{
		Client:            client,
		HTTPTimeout:       fetchTimeout,
		RateLimitWaitMax:  fetchTimeout,
		RefreshInterval:   refreshEvery,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(refreshUnknown), 1),
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(ctx context.Context, err error) {
				cfg.Log.ErrorContext(ctx, "the keys for access tokens could not be read; those read before stay in use", slog.Any("error", err))
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("read the JWKS at GELOMBANG_JWT_JWKS: %w", err)
	}
	return remote.Storage(), nil
}
