package loadtest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/programtest"
)

// BenchmarkBeside measures requests one after the other, alone and while something
// else goes on: their middle and their slowest hundredth. Adobe has its real
// limit, so that all the users made at first are due all the time.
func BenchmarkBeside(b *testing.B) {
	p := programtest.New(b, programtest.Config{Actions: 10})
	p.Start()
	c := newClient(p.Listen)
	ids := c.fill(*size)
	if memory, told := p.Resident(); told {
		b.Logf("%d users: %.1f MiB of memory", *size, memory)
	}
	copies := 0
	for _, tt := range []struct {
		name string
		do   func() error // again and again
	}{
		{"Nothing", nil},
		{"Paging", paging(p.Listen)},
		{"Backup", func() error {
			copies++
			_, err := p.Run("backup", filepath.Join(p.Dir, fmt.Sprintf("copy%d.db", copies)))
			return err
		}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan error, 1)
			times := 0
			go func() {
				for ctx.Err() == nil && tt.do != nil {
					if err := tt.do(); err != nil {
						done <- err
						return
					}
					times++
				}
				done <- nil
			}()
			c.rest()
			n := 0
			for b.Loop() {
				for began := time.Now(); time.Since(began) < *length; n++ {
					user := ids[n*7919%len(ids)]
					c.send("get", http.MethodGet, "/Users/"+user, "", nil)
					c.patch("patch", "/Users/"+user, fmt.Sprintf(`{"op":"replace","path":"title","value":"%s %d"}`, tt.name, n))
					c.createUser("create", fmt.Sprintf("%s%d", tt.name, n))
				}
			}
			cancel()
			require.NoError(b, <-done)
			require.Empty(b, c.wrong)
			for kind, took := range c.rest() {
				b.ReportMetric(float64(took[0].Microseconds())/1000, kind+"-p50-ms")
				b.ReportMetric(float64(took[1].Microseconds())/1000, kind+"-p99-ms")
			}
			b.ReportMetric(float64(times), "beside")
			b.ReportMetric(0, "ns/op") // it is -for
		})
	}
	p.Stop()
}

// paging returns a client that reads the next page of all users each time.
func paging(listen string) func() error {
	c, cursor := newClient(listen), ""
	return func() error {
		var page struct{ NextCursor string }
		if !c.send("page", http.MethodGet, "/Users?count=100&cursor="+url.QueryEscape(cursor), "", &page) {
			return fmt.Errorf("page: %v", c.wrong)
		}
		cursor = page.NextCursor
		return nil
	}
}
