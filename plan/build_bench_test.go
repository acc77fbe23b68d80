package plan_test

import (
	"fmt"
	"testing"

	"github.com/scim-bridge/scim-bridge/plan"
)

// BenchmarkBuild is how long it takes to plan one call where so many rows are
// due, without the store's part.
func BenchmarkBuild(b *testing.B) {
	for _, c := range []struct {
		name  string
		world *fastLedger
	}{
		{"joiners", joiners(2000)},
		{"leavers", leavers(2000)},
		{"into one group", intoOneGroup(2000)},
		{"moved", reorganised(1000, 400)},
	} {
		for _, rows := range []int{1000, 2000} {
			in := c.world.input(c.world.dueNow(rows), plan.Limits{}.OrDefaults())
			b.Run(fmt.Sprintf("%s/%d due", c.name, rows), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					plan.Build(in)
				}
			})
		}
	}
}
