package main

import (
	"os"
	"path/filepath"
	"testing"

	"gelombang/internal/registry"
)

func TestAReportNeverTakesThePlaceOfSomebodysFile(t *testing.T) {
	tests := []struct {
		name    string
		before  string // what the file holds; empty for no file
		link    bool   // it is a symbolic link to a file with that content
		rows    int
		refused bool
		after   string
	}{
		{"nothing there, no rows", "", false, 0, false, ""},
		{"nothing there", "", false, 1, false, "line,code,message\n7,DIFFERS,differs\n"},
		{"an earlier report", "line,code,message\n1,X,x\n", false, 1, false, "line,code,message\n7,DIFFERS,differs\n"},
		{"an earlier report, no rows", "line,code,message\n1,X,x\n", false, 0, false, ""},
		{"another file", "my notes", false, 1, true, "my notes"},
		{"another, longer file", "my notes, which are longer than a header\n", false, 0, true, "my notes, which are longer than a header\n"},
		{"a link to a report", "line,code,message\n1,X,x\n", true, 1, true, "line,code,message\n1,X,x\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			name := filepath.Join(dir, "cohort.csv.errors.csv")
			target := name
			if tt.link {
				target = filepath.Join(dir, "elsewhere")
			}
			if tt.before != "" {
				if err := os.WriteFile(target, []byte(tt.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if tt.link {
				if err := os.Symlink(target, name); err != nil {
					t.Fatal(err)
				}
			}
			r, err := newReport(name)
			if (err != nil) != tt.refused {
				t.Fatalf("error %v, want one: %t", err, tt.refused)
			}
			if err == nil {
				for range tt.rows {
					if err := r.add(registry.RowError{Line: 7, Code: "DIFFERS", Message: "differs"}); err != nil {
						t.Fatal(err)
					}
				}
				if err := r.close(); err != nil {
					t.Fatal(err)
				}
			}
			after, err := os.ReadFile(target)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if string(after) != tt.after {
				t.Errorf("holds %q, want %q", after, tt.after)
			}
			if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
