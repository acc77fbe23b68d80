package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/umapi"
)

func TestGroup_TheFirstRuleThatFitsCounts(t *testing.T) {
	t.Parallel()
	r := mapping.Rules{IdentityType: umapi.FederatedID, Groups: []mapping.GroupRule{
		{From: "Designers", To: []string{"Creative team", "Photoshop - Default"}},
		{From: "_staff", To: []string{"_support_admin"}},
		{From: "HR-Adobe-*", To: []string{"HR"}},
		{From: "HR-*"},
		{From: "HR-Adobe-Berlin", To: []string{"never"}},
	}}
	require.NoError(t, r.Validate())
	for name, want := range map[string]mapping.Targets{
		"DESIGNERS":                      {Names: []string{"Creative team", "Photoshop - Default"}, ByRule: true},
		"_Staff":                         {Names: []string{"_support_admin"}, ByRule: true},
		"hr-adobe-Berlin":                {Names: []string{"HR"}, ByRule: true},
		"HR-payroll":                     {ByRule: true},
		"Designers 2":                    {Names: []string{"Designers 2"}},
		"HR-" + strings.Repeat("n", 300): {ByRule: true},
	} {
		got, err := r.Group(directory.GroupAttributes{DisplayName: name})
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
	_, err := r.Group(directory.GroupAttributes{DisplayName: "_other"})
	require.ErrorContains(t, err, "bridge.group.reserved")
}

func TestRules_ValidateNamesTargetsThatNobodyCanHave(t *testing.T) {
	t.Parallel()
	r := mapping.Rules{
		IdentityType: umapi.FederatedID, Protected: mapping.Protection{Groups: []string{"IT-*"}},
		Groups: []mapping.GroupRule{
			{From: "Fine", To: []string{"Photoshop", "_admin_Design", "_developer_Photoshop"}},
			{To: []string{"Team"}},
			{From: "Wrong", To: []string{" ", "_ORG_admin", "it-ops", strings.Repeat("n", 256), " _compartment_viewer"}},
		},
	}
	err := r.Validate()
	for _, part := range []string{"groups[1].from", "groups[2].to[0]", "groups[2].to[1]", "groups[2].to[2]", "groups[2].to[3]", "groups[2].to[4]"} {
		require.ErrorContains(t, err, part)
	}
	require.NotContains(t, err.Error(), "groups[0]")
}
