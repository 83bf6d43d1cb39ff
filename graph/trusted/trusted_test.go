package trusted_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/graph/trusted"
)

const text = "query Now { programme { now } }"

var digest = trusted.Hash(text)

func relay(id, text string) string {
	return fmt.Sprintf(`{%q: %q}`, id, text)
}

func apollo(version, operations string) string {
	return `{"format":"apollo-persisted-query-manifest","version":` + version + `,"operations":` + operations + `}`
}

func TestWhatIsAManifest(t *testing.T) {
	one := fmt.Sprintf(`{"id":%q,"name":"Now","type":"query","body":%q}`, digest, text)
	var ok error
	tests := []struct {
		name, manifest string
		want           error // nil when it is one
		id             string
	}{
		{"Relay's, by MD5", relay("0123456789abcdef0123456789abcdef", text), ok, ""},
		{"Relay's, by SHA-256", relay(digest, text), ok, ""},
		{"Relay's, by SHA-256 in capitals", relay(strings.ToUpper(digest), text), ok, ""},
		{"Relay's, by SHA-256 with its prefix", relay("sha256:"+digest, text), ok, ""},
		{"Relay's, by a name", relay("now_v1.2~a-b", text), ok, ""},
		{"a prefix of one's own", relay("x-app:now", text), ok, ""},
		{"with a byte order mark", "\ufeff" + relay("now", text), ok, ""},
		{"an id called format", relay("format", text), ok, ""},
		{"one text under two ids", fmt.Sprintf(`{"a":%q,"b":%q}`, text, text), ok, ""},
		{"one id twice, with one text", fmt.Sprintf(`{"a":%q,"a":%q}`, text, text), ok, ""},
		{"Apollo's", apollo("1", "["+one+"]"), ok, ""},
		{"Apollo's with members that we do not know", apollo("1", `[{"id":"a","clientName":null,"body":"{a}"}]`), ok, ""},

		{"nothing", "", trusted.ErrManifest, ""},
		{"a list", "[" + one + "]", trusted.ErrManifest, ""},
		{"null", "null", trusted.ErrManifest, ""},
		{"no document", "{}", trusted.ErrManifest, ""},
		{"cut off", `{"a":`, trusted.ErrManifest, ""},
		{"cut off after a document", `{"a":"{a}"`, trusted.ErrManifest, ""},
		{"more than one object", relay("a", text) + relay("b", text), trusted.ErrManifest, ""},
		{"not UTF-8", "{\"a\":\"\xff\"}", trusted.ErrManifest, ""},
		{"Apollo's of another version", apollo("2", "["+one+"]"), trusted.ErrManifest, ""},
		{"Apollo's without operations", apollo("1", "[]"), trusted.ErrManifest, ""},
		{"Apollo's with operations that are no list", apollo("1", `{"a":"b"}`), trusted.ErrManifest, ""},
		{"another format", `{"format":"other","version":1,"operations":[]}`, trusted.ErrText, "version"},

		{"a text that is a number", `{"a":1}`, trusted.ErrText, "a"},
		{"no text", `{"a":null}`, trusted.ErrText, "a"},
		{"an empty text", relay("a", " \n"), trusted.ErrText, "a"},
		{"Apollo's without a body", apollo("1", `[{"id":"a"}]`), trusted.ErrText, "a"},
		{"Apollo's without an id", apollo("1", `[{"body":"{a}"}]`), trusted.ErrID, ""},
		{"an id with a space", relay("a b", text), trusted.ErrID, "a b"},
		{"an id of another prefix", relay("md5:00", text), trusted.ErrID, "md5:00"},
		{"an id too long", relay(strings.Repeat("a", 257), text), trusted.ErrID, strings.Repeat("a", 257)},
		{"half a SHA-256", relay("sha256:"+digest[:32], text), trusted.ErrID, "sha256:" + digest[:32]},
		{"the SHA-256 of another text", relay(trusted.Hash("x"), text), trusted.ErrHash, trusted.Hash("x")},
		{"the SHA-256 of another text, with its prefix", relay("sha256:"+trusted.Hash("x"), text), trusted.ErrHash, "sha256:" + trusted.Hash("x")},
		{"one id with two texts", `{"a":"{a}","a":"{b}"}`, trusted.ErrTwice, "a"},
		{"Apollo's with one id and two texts", apollo("1", `[{"id":"a","body":"{a}"},{"id":"a","body":"{b}"}]`), trusted.ErrTwice, "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := trusted.Parse([]byte(tt.manifest))
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			var wrong *trusted.DocumentError
			if errors.As(err, &wrong) && wrong.ID != tt.id {
				t.Errorf("it is said of %q, want %q", wrong.ID, tt.id)
			}
			if err == nil && d.Len() == 0 {
				t.Error("there is no document")
			}
		})
	}
}

func TestADocumentIsFoundByItsIDAndByItsHash(t *testing.T) {
	d, err := trusted.Parse([]byte(relay("now", text)))
	if err != nil {
		t.Fatal(err)
	}
	for id, found := range map[string]bool{
		"now": true, digest: true, "sha256:" + digest: true, strings.ToUpper(digest): true,
		"sha256:now": false, "NOW": false, "": false, "x-app:now": false, trusted.Hash("x"): false,
	} {
		if got, ok := d.Find(id); ok != found || (ok && got != text) {
			t.Errorf("%q: %q %t, want %t", id, got, ok, found)
		}
	}
	if _, found := (*trusted.Documents)(nil).Find("now"); found {
		t.Error("found without a manifest")
	}
}

func TestEveryWrongDocumentIsNamed(t *testing.T) {
	d, err := trusted.Parse([]byte(`{"c":"{c}","a":"{a}","b":"{b}"}`))
	if err != nil {
		t.Fatal(err)
	}
	err = d.Check(func(text string) error {
		if text == "{b}" {
			return nil
		}
		return errors.New("wrong")
	})
	if err == nil || err.Error() != "document \"a\": wrong\ndocument \"c\": wrong" {
		t.Errorf("%v", err)
	}
}

// TestBothFormsSayTheSame writes the same documents in both forms.
func TestBothFormsSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		documents := rapid.MapOfN(rapid.StringMatching(`[a-zA-Z0-9._~-]{1,40}`), rapid.StringMatching(`\{[a-z \pL"\\<]{1,20}\}`), 1, 8).Draw(t, "documents")
		var operations []map[string]string
		for id, text := range documents {
			operations = append(operations, map[string]string{"id": id, "body": text})
		}
		relay, err := json.Marshal(documents)
		if err != nil {
			t.Fatal(err)
		}
		list, err := json.Marshal(operations)
		if err != nil {
			t.Fatal(err)
		}
		one, err := trusted.Parse(relay)
		if err != nil {
			t.Fatal(err)
		}
		other, err := trusted.Parse([]byte(apollo("1", string(list))))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for id := range documents {
			got[id], _ = one.Find(id)
			if text, found := other.Find(id); !found || text != got[id] {
				t.Fatalf("%q: %q by Apollo's, %q by Relay's", id, text, got[id])
			}
		}
		if diff := cmp.Diff(documents, got); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzParse reads anything: what comes out can be found again, and every error is one that can be told.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "{}", relay("a", text), relay(digest, text), apollo("1", `[{"id":"a","body":"{a}"}]`), `{"a":"{a}","a":"{b}"}`, `{"format":"apollo-persisted-query-manifest"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, manifest []byte) {
		d, err := trusted.Parse(manifest)
		var wrong *trusted.DocumentError
		switch {
		case err != nil && !errors.Is(err, trusted.ErrManifest) && !errors.As(err, &wrong):
			t.Errorf("an error of no kind: %v", err)
		case err == nil && d.Len() == 0:
			t.Error("a manifest of nothing")
		}
		err = d.Check(func(text string) error {
			if again, found := d.Find(trusted.Hash(text)); !found || again != text {
				t.Errorf("%q is not found by its hash", text)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
