package loadtest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
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
	b.Run("Nothing", func(b *testing.B) { beside(b, c, ids, nil) })
	b.Run("Paging", func(b *testing.B) { beside(b, c, ids, paging(p.Listen)) })
	b.Run("Backup", func(b *testing.B) {
		copies := filepath.Join(b.TempDir(), "copy")
		n := 0
		beside(b, c, ids, func() error {
			n++
			_, err := p.Run("backup", fmt.Sprint(copies, n))
			return err
		})
	})
	p.Stop()
	p.Configure("journal: {max_lines: 1}\n") // which is the work of minutes, if there are a million
	p.Start()
	b.Run("Trim", func(b *testing.B) { beside(b, c, ids, nil) })
	p.Stop()
}

// beside measures requests for as long as it is told, while do is done again and
// again, unless it is nil.
func beside(b *testing.B, c *client, ids []string, do func() error) {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	times := 0
	go func() {
		for ctx.Err() == nil && do != nil {
			if err := do(); err != nil {
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
			c.patch("patch", "/Users/"+user, fmt.Sprintf(`{"op":"replace","path":"title","value":"%s %d"}`, b.Name(), n))
			c.createUser("create", fmt.Sprintf("%s-%d", path.Base(b.Name()), n))
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
