package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Settings are parameters of the server.
type Settings map[string]string

// common holds for a machine of some 24 GiB and two processors, whatever is done.
var common = Settings{
	"listen_addresses":        "127.0.0.1",
	"unix_socket_directories": "",
	"max_connections":         "200",
	"shared_buffers":          "2GB",
	"effective_cache_size":    "12GB",
	"work_mem":                "16MB",
	"random_page_cost":        "1.1",
	"max_wal_size":            "8GB",
	"checkpoint_timeout":      "15min",
	"wal_buffers":             "16MB",
	// On few processors parallel plans and compiled expressions cost a statement more than they gain it, once several
	// are asked at a time.
	"jit":                             "off",
	"max_parallel_workers_per_gather": "0",
}

// Measuring are the settings that everything is measured with: what is committed is on the disk.
func Measuring() Settings {
	return common.with(Settings{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"})
}

// Filling are the settings for filling a database that can be filled again. Call [Cluster.Stop] and sync afterwards.
func Filling() Settings {
	return common.with(Settings{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
		"max_wal_size": "2GB", "autovacuum": "off", "maintenance_work_mem": "1GB", "max_parallel_maintenance_workers": "0",
	})
}

func (s Settings) with(more Settings) Settings {
	all := maps.Clone(s)
	maps.Copy(all, more)
	return all
}

// options are the settings as options of the server's command line.
func (s Settings) options(port int) string {
	parts := []string{fmt.Sprintf("-p %d", port)}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		parts = append(parts, fmt.Sprintf("-c %s='%s'", name, s[name]))
	}
	return strings.Join(parts, " ")
}
