package outbound_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"gelombang/webhooks/outbound"
)

func TestCheckURL(t *testing.T) {
	dev := outbound.Policy{AllowHTTP: true, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.1.0.0/16")}}
	tests := []struct {
		url                     string
		production, development bool
	}{
		{"https://example.org", true, true},
		{"https://example.org:8443/hooks/pmo?tenant=1", true, true},
		{"HTTPS://EXAMPLE.org/%20", true, true},
		{"https://xn--bcher-kva.example/", true, true},
		{"https://gateway/", true, true}, // judged when it is dialled
		{"https://a_b.example.org/", true, true},
		{"https://1.1.1.1/", true, true},
		{"https://[2606:4700::1111]:443/", true, true},
		{"https://example.org/" + strings.Repeat("a", 2048-20), true, true},

		{"http://gateway.internal:8080/", false, true},
		{"http://127.0.0.1:8080/", false, true},
		{"http://localhost/", false, true},
		{"https://localhost/", false, true},
		{"https://a.LocalHost:8443/", false, true},
		{"https://10.1.2.3/", false, true},
		{"https://[::ffff:10.1.2.3]/", false, true},

		{"https://10.2.0.1/", false, false},
		{"https://169.254.169.254/latest/meta-data", false, false},
		{"https://[fe80::1%25eth0]/", false, false},
		{"https://[::1]/", false, false},
		{"http://1.1.1.1/", false, false},

		{"", false, false},
		{"example.org", false, false},
		{"//example.org/", false, false},
		{"/hooks", false, false},
		{"https:", false, false},
		{"https:example.org", false, false},
		{"https://", false, false},
		{"https:///hooks", false, false},
		{"https://:443/", false, false},
		{"ftp://example.org/", false, false},
		{"file:///etc/passwd", false, false},
		{"https://user@example.org/", false, false},
		{"https://user:password@example.org/", false, false},
		{"https://@example.org/", false, false},
		{"https://example.org/#", false, false},
		{"https://example.org/#part", false, false},
		{"https://example.org:/", false, false},
		{"https://example.org:0/", false, false},
		{"https://example.org:65536/", false, false},
		{"https://example.org:https/", false, false},
		{"https://example.org./", false, false},
		{"https://exa..mple.org/", false, false},
		{"https://.example.org/", false, false},
		{"https://" + strings.Repeat("a", 64) + ".example/", false, false},
		{"https://" + strings.Repeat("a.", 127) + "example/", false, false},
		{"https://bücher.example/", false, false},
		{"https://example.org/ü", false, false},
		{"https://example.org/a b", false, false},
		{"https://example.org/\n", false, false},
		{" https://example.org/", false, false},
		{`https://example.org\@127.0.0.1/`, false, false},
		{"https://exam%70le.org/", false, false},
		{"https://127.1/", false, false},
		{"https://127.0.0.01/", false, false},
		{"https://2130706433/", false, false},
		{"https://0x7f000001/", false, false},
		{"https://0x7f.0.0.0x1/", false, false},
		{"https://[127.0.0.1]/", false, false},
		{"https://example.org/" + strings.Repeat("a", 2048-19), false, false},
	}
	for _, tt := range tests {
		for _, p := range []struct {
			name   string
			policy outbound.Policy
			want   bool
		}{{"production", outbound.Policy{}, tt.production}, {"development", dev, tt.development}} {
			err := p.policy.CheckURL(tt.url)
			if (err == nil) != p.want {
				t.Errorf("%s in %s: got %v, want accepted: %t", tt.url, p.name, err, p.want)
			}
			var urlErr *outbound.URLError
			if err != nil && (!errors.As(err, &urlErr) || urlErr.Reason == "") {
				t.Errorf("%s: the error %v has no reason to show", tt.url, err)
			}
		}
	}
}

func TestErrorOfAURLDoesNotRepeatIt(t *testing.T) {
	const token = "s3cr3t"
	for _, url := range []string{
		"https://user:s3cr3t@example.org/", "https://example.org/%zz?token=s3cr3t", "https://s3cr3t..example/", "gopher://s3cr3t/",
	} {
		err := outbound.Policy{}.CheckURL(url)
		if err == nil {
			t.Errorf("%s was accepted", url)
		} else if strings.Contains(err.Error(), token) {
			t.Errorf("%q repeats the URL", err)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, url := range []string{"https://example.org/", "https://[::1]:1/", "https://127.1/", "http://localhost", "https://[fe80::1%25a]/"} {
		f.Add(url)
	}
	strict := outbound.Policy{}
	open := outbound.Policy{AllowHTTP: true, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	f.Fuzz(func(t *testing.T, url string) {
		if strict.CheckURL(url) != nil {
			return
		}
		if err := open.CheckURL(url); err != nil {
			t.Errorf("%q is refused where more is allowed: %v", url, err)
		}
		if !strings.HasPrefix(strings.ToLower(url), "https://") {
			t.Errorf("%q is accepted", url)
		}
	})
}
