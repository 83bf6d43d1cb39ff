package main

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

func TestAnAddressInUseIsToldWithWhatToDo(t *testing.T) {
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	t.Setenv("GELOMBANG_DATA", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	for _, command := range []string{"serve", "demo"} {
		var out, errOut bytes.Buffer
		code := run(t.Context(), []string{command, "--addr", taken.Addr().String()}, nil, &out, &errOut)
		if code != exitFault || out.Len() > 0 {
			t.Errorf("%s: exit code %d, output %q", command, code, out.String())
		}
		for _, want := range []string{taken.Addr().String(), "--addr", "GELOMBANG_ADDR"} {
			if !strings.Contains(errOut.String(), want) {
				t.Errorf("%s: the message does not name %s:\n%s", command, want, errOut.String())
			}
		}
		if strings.Contains(errOut.String(), "bind") {
			t.Errorf("%s: the message is the library's:\n%s", command, errOut.String())
		}
	}
}
