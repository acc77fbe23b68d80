package relational

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWords_TakeThePlaceOfMarks(t *testing.T) {
	t.Parallel()
	w := Words{
		Param: "?", Texts: "texts({n}) {j}", Numbers: "numbers({n}) {j}", Rows: "rows({n}) {j}", Document: "document({n})",
		In: "IN ({n})", NotIn: "NOT IN ({n})", By: "BY {j}", Bytewise: "BYTEWISE",
	}
	for statement, want := range map[string]string{
		"SELECT 1":                    "SELECT 1",
		"WHERE id = $1 AND key > $12": "WHERE id = ?1 AND key > ?12",
		"FROM {texts $2 AS j} CROSS JOIN {numbers $10 AS k}":   "FROM texts(?2) j CROSS JOIN numbers(?10) k",
		"FROM {rows $2 AS j} WHERE TRUE":                       "FROM rows(?2) j WHERE TRUE",
		"id {in $2} AND name {not in $3}":                      "id IN (?2) AND name NOT IN (?3)",
		"UPDATE due {by due_stuck} SET search = {document $5}": "UPDATE due BY due_stuck SET search = document(?5)",
		"('User' {bytewise})":                                  "('User' BYTEWISE)",
	} {
		require.Equal(t, want, w.Text(statement))
		require.Equal(t, want, w.Text(statement), "the same the second time")
	}
}

func TestWords_KeepABoundedNumberOfTexts(t *testing.T) {
	t.Parallel()
	w := Words{Param: "$", Bytewise: "BYTEWISE"}
	for i := range 3 * maxKnown {
		w.Text(fmt.Sprintf("SELECT 'User' {bytewise} LIMIT %d", i))
		require.LessOrEqual(t, len(w.known), maxKnown)
	}
	w.Text("SELECT 'nothing to put in'")
	require.NotContains(t, w.known, "SELECT 'nothing to put in'")
}
