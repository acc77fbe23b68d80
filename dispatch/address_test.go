package dispatch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestRun_AnAddressThatAdobeDidNotTakeOverIsChangedThen(t *testing.T) {
	inWorld(t, emulator.Config{}, func(t *testing.T, w *world) {
		emails := func(name string) func(map[string]any) {
			return func(doc map[string]any) {
				doc["emails"] = []any{map[string]any{"value": name + "@example.com", "type": "work", "primary": true}}
			}
		}
		both := func(edits ...func(map[string]any)) func(map[string]any) {
			return func(doc map[string]any) {
				for _, edit := range edits {
					edit(doc)
				}
			}
		}
		w.start()
		w.addUser("ada", nil)
		w.settle()
		w.setUser("ada", both(emails("adele"), inactive))
		w.settle()
		w.requireNotInAdobe("ada")
		w.setUser("ada", emails("adele"))
		w.settle()
		w.addGroup("Design", "ada")
		w.settle()
		require.Less(t, len(w.calls()), 12)
		require.Equal(t, directory.SyncSynced, w.sync("ada").State)
		w.requireAdobe("adele")
		require.Equal(t, []string{"adele@example.com"}, w.adobe.Members("Design"))
	})
}
