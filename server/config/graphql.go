package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"gelombang/graph/throttle"
	"gelombang/internal/viewer"
)

// Limits is how often the viewers of each role may ask.
func (h HTTP) Limits() (throttle.Limits, error) {
	limits, err := throttle.Parse(h.RateLimits)
	if err != nil {
		return nil, each("GELOMBANG_RATE_LIMITS", err)
	}
	return limits, nil
}

// TrustedRoles are the roles that may run trusted documents only.
func (h HTTP) TrustedRoles() ([]viewer.Role, error) {
	var roles []viewer.Role
	var problems []error
	for _, name := range list(h.TrustedOnly) {
		role, err := throttle.Role(name)
		if err != nil {
			problems = append(problems, err)
		}
		roles = append(roles, role)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, each("GELOMBANG_TRUSTED_ONLY", err)
	}
	if len(roles) > 0 && h.TrustedDocuments == "" {
		return nil, errors.New("GELOMBANG_TRUSTED_ONLY is set but GELOMBANG_TRUSTED_DOCUMENTS is not: set that to the manifest of the documents that these roles may run")
	}
	return roles, nil
}

// Proxies are the networks of the proxies in front.
func (h HTTP) Proxies() ([]netip.Prefix, error) {
	var proxies []netip.Prefix
	var problems []error
	for _, text := range list(h.TrustedProxies) {
		proxy, err := network(text)
		if err != nil {
			problems = append(problems, err)
		}
		proxies = append(proxies, proxy)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, each("GELOMBANG_TRUSTED_PROXIES", err)
	}
	return proxies, nil
}

// network reads an address or a CIDR. Everybody is no proxy.
func network(text string) (netip.Prefix, error) {
	address, err := netip.ParseAddr(text)
	if err == nil {
		address = address.Unmap().WithZone("")
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%.50q is neither an address nor a CIDR such as 10.0.0.0/8", text)
	}
	if prefix.Bits() == 0 {
		return netip.Prefix{}, fmt.Errorf("%.50q is every address: whoever asks could then say where from", text)
	}
	return prefix.Masked(), nil
}

// list are the parts of a setting, between commas.
func list(setting string) []string {
	var parts []string
	for _, part := range strings.Split(setting, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// each names the variable in every problem.
func each(variable string, err error) error {
	joined, ok := err.(interface{ Unwrap() []error }) // as errors.Join makes it
	if !ok {
		return fmt.Errorf("%s: %w", variable, err)
	}
	var problems []error
	for _, problem := range joined.Unwrap() {
		problems = append(problems, fmt.Errorf("%s: %w", variable, problem))
	}
	return errors.Join(problems...)
}
