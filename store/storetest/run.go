package storetest

import (
	"testing"

	"github.com/scim-bridge/scim-bridge/store"
)

// promise is one test of the suite.
type promise struct {
	name string
	test func(f *fixture)
}

// Run runs every check against a store returned by open. open returns a new,
// empty store, and closes it through t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, group := range [][]promise{
		userPromises, listPromises, filterPromises, matchPromises, orderPromises, groupPromises, memberPromises, nestedPromises, syncPromises,
		duePromises, settlePromises, doubtPromises, brakePromises, lookPromises, touchPromises, gonePromises, factsPromises, callPromises, listingPromises,
		leasePromises, operationPromises, configurePromises, upkeepPromises, generalPromises,
	} {
		for _, p := range group {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.test(&fixture{T: t, Store: open(t)})
			})
		}
	}
}
