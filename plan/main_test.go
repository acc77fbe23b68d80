package plan_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain gives the worlds of the property tests a fixed seed, so that every run
// sees the same thousand. To see others:
//
//	go test ./plan -run FollowsTheDirectory -rapid.checks=10000 -rapid.seed=$RANDOM
func TestMain(m *testing.M) {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{"rapid.seed": "20261121", "rapid.checks": "1000"} {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
