package seed

import (
	"bytes"
	"database/sql"
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// tables are described, with their sources, in data/README.md.
//
//go:embed data/*.csv
var tables embed.FS

// province is a province with the weight by which the demonstration's people are spread.
type province struct {
	code, name string
	population int // thousands
}

func platformTable() ([]registry.Platform, error) {
	var platforms []registry.Platform
	err := readTable("platforms_2021.csv", func(row map[string]string) error {
		platforms = append(platforms, registry.Platform{Code: row["code"], Name: row["name"], Kind: row["kind"], Website: row["website"], Active: true})
		return nil
	})
	return platforms, err
}

func provinceTable() ([]province, error) {
	var provinces []province
	err := readTable("provinces.csv", func(row map[string]string) error {
		population, err := strconv.Atoi(row["population_thousands"])
		provinces = append(provinces, province{code: row["code"], name: row["name"], population: population})
		return err
	})
	return provinces, err
}

func catalogueTable() ([]registry.Offering, error) {
	var offerings []registry.Offering
	err := readTable("catalogue.csv", func(row map[string]string) error {
		price, err := strconv.ParseInt(row["price"], 10, 64)
		offerings = append(offerings, registry.Offering{
			Platform: row["platform"], CourseCode: row["course_code"], Title: row["title"], Provider: row["provider"], Category: row["category"],
			Mode: rules.Mode(strings.ToUpper(row["mode"])), Price: price, URL: row["url"], Sample: true,
		})
		return err
	})
	return offerings, err
}

// cohortTable returns the cohorts whose announcement day is known. Their deadlines are computed; a
// published last day that differs would have to be decreed with its reference, so it is an error here.
func cohortTable(settings rules.Settings) ([]registry.AnnounceCohort, error) {
	var cohorts []registry.AnnounceCohort
	err := readTable("cohorts_2021.csv", func(row map[string]string) error {
		if row["announced_wib"] == "" {
			return nil
		}
		c, err := readCohort(row)
		if err != nil {
			return err
		}
		last := rules.LastDay(rules.Deadline(c.AnnouncedAt, settings.WindowDays)).Format(time.DateOnly)
		if published := row["published_last_day_wib"]; published != "" && published != last {
			return fmt.Errorf("the published last day of cohort %d is not the computed one, %s", c.Number, last)
		}
		cohorts = append(cohorts, c)
		return nil
	})
	return cohorts, err
}

func readCohort(row map[string]string) (registry.AnnounceCohort, error) {
	number, err := strconv.Atoi(row["cohort"])
	if err != nil {
		return registry.AnnounceCohort{}, err
	}
	quota, err := strconv.Atoi(row["quota"])
	if err != nil {
		return registry.AnnounceCohort{}, err
	}
	layout := time.DateOnly
	if strings.Contains(row["announced_wib"], "T") {
		layout = "2006-01-02T15:04"
	}
	announced, err := time.ParseInLocation(layout, row["announced_wib"], rules.WIB)
	return registry.AnnounceCohort{Number: number, Quota: quota, AnnouncedAt: announced}, err
}

// readTable calls each for every row, by column.
func readTable(name string, each func(row map[string]string) error) error {
	file, err := tables.ReadFile("data/" + name)
	if err != nil {
		return fmt.Errorf("embedded table: %w", err)
	}
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		return fmt.Errorf("embedded table %s: %w", name, err)
	}
	for i, values := range rows[1:] {
		row := make(map[string]string, len(values))
		for j, column := range rows[0] {
			row[column] = values[j]
		}
		if err := each(row); err != nil {
			return fmt.Errorf("embedded table %s, row %d: %w", name, i+1, err)
		}
	}
	return nil
}

// scanInto scans rows of one text into a set.
func scanInto(set map[string]bool) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		set[text] = true
		return err
	}
}
