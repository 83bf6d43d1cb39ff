package payload_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// The smallest and fullest data of each type, as raw JSON values by field.
var (
	purchase = map[string]string{
		"invoice_code": `"INV/1"`, "card_number": `"1234567890123456"`, "course_code": `"C2"`, "amount": `500000`,
		"purchased_at": `"2021-04-06T17:44:59+07:00"`, "schedule_code": `"S1"`, "course_title": `"Menjahit"`,
		"provider": `"PT Contoh"`, "category": `"Mode"`, "mode": `"online"`,
	}
	void     = map[string]string{"invoice_code": `"INV/1"`, "voided_at": `"2021-04-06T17:44:59+07:00"`, "reason": `"Dibatalkan"`}
	offering = map[string]string{
		"course_code": `"C2"`, "title": `"Menjahit"`, "provider": `"PT Contoh"`, "category": `"Mode"`, "mode": `"online"`,
		"price": `500000`, "url": `"https://contoh.id/2"`,
	}
	withdrawal = map[string]string{"course_code": `"C2"`}
	statement  = map[string]string{"through": `"2021-04-06T00:00:00+07:00"`, "count": `12`, "amount": `6000000`}
	stage      = map[string]string{"programme": `"KUR"`, "card_number": `"1234567890123456"`, "stage": `"approved"`, "reached_at": `"2021-04-06T17:44:59+07:00"`}

	dataOf = map[string]map[string]string{
		"purchase.completed": purchase, "purchase.voided": void, "offering.upserted": offering,
		"offering.withdrawn": withdrawal, "purchases.complete_through": statement, "alumni.stage_reached": stage,
	}
	optionalOf = map[string][]string{"purchase.completed": {"schedule_code", "course_title", "provider", "category", "mode"}}
)

// object writes an object of raw values, leaving out those that are empty.
func object(values map[string]string) string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name] != "" {
			members = append(members, quote(name)+":"+values[name])
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// message writes a body with one field of its data replaced, or left out if value is empty.
func message(typ, field, value string) []byte {
	data := maps.Clone(dataOf[typ])
	if field != "" {
		data[field] = value
	}
	return []byte(`{"type":` + quote(typ) + `,"timestamp":"2021-04-06T10:45:00Z","data":` + object(data) + `}`)
}

func purchaseWith(field, value string) []byte { return message("purchase.completed", field, value) }

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON text
	}
	return string(b)
}
