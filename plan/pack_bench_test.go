package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

// packing is a world with something to do, and how many times the fewest calls
// it may take.
type packing struct {
	name  string
	world func() *fastLedger
	most  float64
}

// result is what it took and the least that it could have taken.
type result struct {
	took  tally
	least bound
}

func (r result) ratio() float64 { return float64(r.took.calls) / float64(r.least.calls) }

// pack does what there is to do and holds it against the bound.
func (c packing) pack(t require.TestingT, l *fastLedger) result {
	limits := plan.Limits{}.OrDefaults()
	took := l.clear(t, limits, nil)
	l.follows(t)
	r := result{took, lowerBound(l.need(), limits)}
	require.GreaterOrEqual(t, r.took.calls, r.least.calls, "the bound is none")
	require.LessOrEqual(t, r.ratio(), c.most, "%+v", r)
	return r
}

// report shows calls and commands beside the fewest, and how long it took where 10
// calls a minute are allowed.
func (r result) report(b *testing.B) {
	b.ReportMetric(float64(r.took.commands), "commands")
	b.ReportMetric(float64(r.least.commands), "commands-bound")
	b.ReportMetric(float64(r.took.calls), "calls")
	b.ReportMetric(float64(r.least.calls), "calls-bound")
	b.ReportMetric(r.ratio(), "ratio")
	b.ReportMetric(r.took.took.Minutes(), "minutes")
}

func TestBuild_TakesHardlyMoreCallsThanTheBound(t *testing.T) {
	t.Parallel()
	for _, c := range []packing{
		{"joiners", func() *fastLedger { return joiners(300) }, 1},
		{"leavers", func() *fastLedger { return leavers(300) }, 1},
		{"one group", func() *fastLedger { return intoOneGroup(1500) }, 1},
		{"moved", func() *fastLedger { return moved(500, 40) }, 1},
		{"empty Adobe", func() *fastLedger { return emptyAdobe(1000, 30) }, 1},
		{"new groups", func() *fastLedger { return newGroups(2000, 30, 50) }, 1},
		{"renamed", func() *fastLedger { return renamedGroup(1000) }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			t.Logf("%+v", c.pack(t, c.world()))
		})
	}
}

// BenchmarkPacking is how many commands and calls it takes, beside the fewest
// that are possible.
func BenchmarkPacking(b *testing.B) {
	for _, c := range []packing{
		{"10,000 joiners with 3 groups each", func() *fastLedger { return joiners(10000) }, 1.02},
		{"10,000 users into one group", func() *fastLedger { return intoOneGroup(10000) }, 1.02},
		{"500 users moved between 40 groups", func() *fastLedger { return moved(500, 40) }, 1.02},
		{"500 users moved between 40 groups of skewed sizes", func() *fastLedger { return reorganised(500, 40) }, 1.02},
		{"3,000 users moved between 400 groups of skewed sizes", func() *fastLedger { return reorganised(3000, 400) }, 1.02},
		{"50,000 users and 800 groups into an empty Adobe", func() *fastLedger { return emptyAdobe(50000, 800) }, 1.02},
		{"100 new groups of 80 users who are there", func() *fastLedger { return newGroups(20000, 100, 80) }, 1.02},
		{"a group of 10,000 renamed", func() *fastLedger { return renamedGroup(10000) }, 1.02},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				l := c.world()
				b.StartTimer()
				c.pack(b, l).report(b)
			}
		})
	}
	b.Run("a mixed day", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			d := mixedDay()
			b.StartTimer()
			var r result
			r.took, r.least = d.pass(b, plan.Limits{}.OrDefaults())
			d.follows(b)
			require.LessOrEqual(b, r.ratio(), 1.1)
			r.report(b)
		}
	})
}
