package search_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/search"
)

func TestExact_IdentifiersAreComparedWithCaseAndNamesAreNot(t *testing.T) {
	t.Parallel()
	for _, p := range []filter.Path{
		{Attr: "id"}, {Attr: "externalId"}, {Attr: "members", Sub: "value"}, {Attr: "groups", Sub: "value"},
		{URN: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", Attr: "manager", Sub: "value"},
		{Attr: "meta", Sub: "version"},
	} {
		require.True(t, search.Exact(p), "%v", p)
	}
	for _, p := range []filter.Path{
		{Attr: "userName"}, {Attr: "displayName"}, {Attr: "emails", Sub: "value"}, {Attr: "members", Sub: "display"}, {Attr: "meta", Sub: "created"},
	} {
		require.False(t, search.Exact(p), "%v", p)
	}
}
