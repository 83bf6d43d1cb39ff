package openapi_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"

	"gelombang/internal/rules"
	"gelombang/webhooks/openapi"
	"gelombang/webhooks/payload"
)

// newValidator returns a validator of requests and answers against the document.
func newValidator(t *testing.T) validator.Validator {
	t.Helper()
	document, err := libopenapi.NewDocument(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(document, config.WithFormatAssertions())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	t.Cleanup(v.Release)
	return v
}

func TestDocumentIsValidOpenAPI(t *testing.T) {
	ok, errs := newValidator(t).ValidateDocument()
	for _, err := range errs {
		t.Errorf("%v", err)
		for _, cause := range err.SchemaValidationErrors {
			t.Errorf("  line %d: %s", cause.Line, cause.Reason)
		}
	}
	if !ok && len(errs) == 0 {
		t.Error("the document is not valid")
	}
}

// contract is what these tests look at in the document.
type contract struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]struct {
		Post struct {
			Responses map[string]any `json:"responses"`
		} `json:"post"`
	} `json:"paths"`
	Components struct {
		SecuritySchemes map[string]struct {
			Description string `json:"description"`
		} `json:"securitySchemes"`
		Schemas struct {
			Event struct {
				Discriminator struct {
					Mapping map[string]string `json:"mapping"`
				} `json:"discriminator"`
			} `json:"Event"`
			Quarantined struct {
				Properties struct {
					Reason struct {
						Enum []string `json:"enum"`
					} `json:"reason"`
				} `json:"properties"`
			} `json:"Quarantined"`
		} `json:"schemas"`
		Examples map[string]struct {
			Value json.RawMessage `json:"value"`
		} `json:"examples"`
	} `json:"components"`
}

func read(t *testing.T) contract {
	t.Helper()
	var c contract
	if err := json.Unmarshal(openapi.Document, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDocumentIsOpenAPI31(t *testing.T) {
	if got := read(t).OpenAPI; !strings.HasPrefix(got, "3.1.") {
		t.Errorf("openapi %q, want 3.1", got)
	}
}

func TestDocumentHasEveryType(t *testing.T) {
	want := slices.Sorted(slices.Values([]string{
		rules.TypePurchaseCompleted, rules.TypePurchaseVoided, rules.TypeOfferingUpserted,
		rules.TypeOfferingWithdrawn, rules.TypeCompleteThrough, rules.TypeAlumniStageReached,
	}))
	got := slices.Sorted(maps.Keys(read(t).Components.Schemas.Event.Discriminator.Mapping))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentHasEveryReasonForQuarantine(t *testing.T) {
	want := slices.Sorted(slices.Values(rules.Reason("").Values()))
	got := slices.Sorted(slices.Values(read(t).Components.Schemas.Quarantined.Properties.Reason.Enum))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentHasEveryAnswer(t *testing.T) {
	want := []string{"200", "202", "401", "405", "408", "413", "415", "503"}
	got := slices.Sorted(maps.Keys(read(t).Paths["/webhooks/{platform}"].Post.Responses))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExamplesParseOneOfEachType(t *testing.T) {
	var got []string
	for name, example := range read(t).Components.Examples {
		event, err := payload.Parse(example.Value)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got = append(got, event.EventType())
	}
	want := slices.Sorted(maps.Keys(read(t).Components.Schemas.Event.Discriminator.Mapping))
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(got))); diff != "" {
		t.Error(diff)
	}
}
