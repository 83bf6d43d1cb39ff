package graph_test

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// object is an object as an answer tells it.
type object map[string]any

// at returns what is at the path, such as "cohort.number"; nil when anything on the way is null.
func (o object) at(path string) any {
	return answer{Data: o}.at(path)
}

// row is the row id in the object's global id: the order in which objects were recorded.
func (o object) row() int {
	raw, err := base64.RawURLEncoding.DecodeString(o["id"].(string))
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(string(raw[strings.IndexByte(string(raw), ':')+1:]))
	if err != nil {
		return 0
	}
	return n
}

// mirror is all that the lists hold without filters, by type: what the tests filter, order and page in Go.
type mirror struct {
	now   time.Time
	all   map[string][]object
	byID  map[string]object
	known map[string][]any // the values that there are, see values
}

const (
	purchaseFacts = `id platform { code } participant { id } offering { id } invoiceCode scheduleCode amount purchasedAt receivedAt evidence voidedAt`
	worldFacts    = `{ platforms { id code } programme { now }
	cohorts(first: 100) { pageInfo { hasNextPage } nodes { id number quota announcedAt purchaseDeadline purchaseDeadlineBasis } }
	participants(first: 100) { pageInfo { hasNextPage } nodes { id cohort { id number announcedAt } status deadline reviewOpen balance revokedAt province { code } regency gender ageBand education
		firstPurchase { id purchasedAt } history(first: 100) { pageInfo { hasNextPage } nodes { id kind cause recordedAt effectiveAt } } } }
	offerings(first: 100) { pageInfo { hasNextPage } nodes { id platform { id code } courseCode title provider category mode price url listed withdrawnAt sample updatedAt } }
	purchases(first: 100) { pageInfo { hasNextPage } nodes { ` + purchaseFacts + ` } }
	deliveries(first: 100) { pageInfo { hasNextPage } nodes { id platform { id code } messageId eventType eventTime signedAt receivedAt cardNumber invoiceCode courseCode outcome
		quarantineReason attempts settledAt } }
	reviews(first: 100) { pageInfo { hasNextPage } nodes { id kind state participant { id } purchase { id } openedAt closedAt decision } }
	settlements(first: 100) { pageInfo { hasNextPage } nodes { id cohort { id number } state listed preparedAt executedAt
		entries(first: 100) { pageInfo { hasNextPage } nodes { id settlement { id } participant { id } outcome passedOver } } } }
	endpoints { id messages(first: 100) { pageInfo { hasNextPage } nodes { id endpoint { id } event state messageId createdAt } } } }`
)

// look takes a mirror of what there is.
func look(t testing.TB, c *client) *mirror {
	t.Helper()
	a := c.get(admin, worldFacts, nil)
	m := &mirror{all: map[string][]object{}, byID: map[string]object{}, known: map[string][]any{}}
	m.now, _ = moment(a.at("programme.now"))
	for list, typeName := range map[string]string{
		"cohorts": "Cohort", "participants": "Participant", "offerings": "Offering", "purchases": "Purchase", "deliveries": "Delivery", "reviews": "Review",
		"settlements": "Settlement",
	} {
		m.keep(t, typeName, a.at(list))
	}
	for _, p := range m.all["Participant"] {
		m.keep(t, "HistoryEntry", p["history"])
		for _, entry := range objectsIn(p.at("history.nodes")) {
			entry["participant"] = p["id"]
		}
	}
	for _, s := range m.all["Settlement"] {
		m.keep(t, "SettlementEntry", s["entries"])
	}
	for _, e := range objectsIn(a.Data["endpoints"]) {
		m.keep(t, "OutboundMessage", e["messages"])
	}
	for list, typeName := range map[string]string{"platforms": "Platform", "endpoints": "Endpoint"} {
		for _, p := range objectsIn(a.Data[list]) {
			m.all[typeName] = append(m.all[typeName], p)
			m.byID[p["id"].(string)] = p
		}
	}
	return m
}

func (m *mirror) keep(t testing.TB, typeName string, connection any) {
	t.Helper()
	c := object(connection.(map[string]any))
	if c.at("pageInfo.hasNextPage") != false {
		t.Fatalf("there are more %s than fit into the mirror", typeName)
	}
	for _, o := range objectsIn(c["nodes"]) {
		m.all[typeName] = append(m.all[typeName], o)
		m.byID[o["id"].(string)] = o
	}
}

func objectsIn(list any) []object {
	nodes, _ := list.([]any)
	found := make([]object, len(nodes))
	for i, n := range nodes {
		found[i] = n.(map[string]any)
	}
	return found
}

// behind is the object that the field of o names by its id.
func (m *mirror) behind(o object, field string) object {
	id, _ := o.at(field + ".id").(string)
	return m.byID[id]
}

// bought is the purchases of the participant.
func (m *mirror) bought(participant object) []object {
	var found []object
	for _, p := range m.all["Purchase"] {
		if p.at("participant.id") == participant["id"] {
			found = append(found, p)
		}
	}
	return found
}

// reading is how a value is read from an object: nil, a bool, a float64, a string or a time.Time.
type reading func(m *mirror, o object) any

func fact(path string) reading { return func(_ *mirror, o object) any { return o.at(path) } }

// instantFact reads an instant.
func instantFact(path string) reading {
	return func(_ *mirror, o object) any {
		if t, ok := moment(o.at(path)); ok {
			return t
		}
		return nil
	}
}

func moment(v any) (time.Time, bool) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil
}

func via(field string, inner reading) reading {
	return func(m *mirror, o object) any {
		if b := m.behind(o, field); b != nil {
			return inner(m, b)
		}
		return nil
	}
}

// seconds reads the whole seconds from one instant to another, rounded towards the past.
func seconds(later, earlier reading) reading {
	return func(m *mirror, o object) any {
		d := later(m, o).(time.Time).Sub(earlier(m, o).(time.Time))
		s := d.Truncate(time.Second)
		if d < 0 && s != d {
			s -= time.Second
		}
		return s.Seconds()
	}
}

// enumRank reads the place of an enum's value, as the schema lists them.
func enumRank(path, enum string) reading {
	return func(_ *mirror, o object) any {
		for i, v := range schemaOf().Types[enum].EnumValues {
			if v.Name == o.at(path) {
				return float64(i)
			}
		}
		return nil
	}
}

// compared orders two values of one kind that are not nil.
func compared(a, b any) int {
	switch a := a.(type) {
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return cmp.Compare(a, b.(string))
	case time.Time:
		return a.Compare(b.(time.Time))
	default:
		panic(fmt.Sprintf("no order of %T", a))
	}
}

// values are those that the reading finds among the objects of the type, without repetitions.
func (m *mirror) values(key, typeName string, read reading) []any {
	if found, ok := m.known[key]; ok {
		return found
	}
	found := []any{}
	for _, o := range m.all[typeName] {
		if v := read(m, o); v != nil && !slices.Contains(found, v) {
			found = append(found, v)
		}
	}
	m.known[key] = found
	return found
}
