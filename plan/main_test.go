package plan_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain gives the worlds of the convergence tests a fixed seed, so that
// every run sees the same ones. To see others:
//
//	go test ./plan -run ThoughItIsRude -rapid.checks=20000 -rapid.seed=$RANDOM
func TestMain(m *testing.M) {
	flag.Parse()
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == "0" {
		if err := seed.Value.Set("20261121"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
