package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// missingRights are the statements that give them. Who belongs to the owner of a table
// may change it, but nobody is to belong to an administrator for that. A sequence that belongs
// to a column goes with the table.
const missingRights = `
	SELECT current_user, current_schema()::text, ARRAY(
		SELECT format('GRANT CREATE ON SCHEMA %I TO %I', current_schema(), current_user)
			WHERE NOT has_schema_privilege(current_schema(), 'CREATE')
		UNION ALL (
			SELECT DISTINCT CASE WHEN owner.rolsuper OR owner.rolcreaterole OR owner.rolcreatedb OR NOT me.rolinherit THEN format('ALTER TABLE %s OWNER TO %I', t.oid::regclass, current_user)
				ELSE format('GRANT %I TO %I', owner.rolname, current_user) END
			FROM pg_class t JOIN pg_roles owner ON owner.oid = t.relowner JOIN pg_roles me ON me.rolname = current_user
			WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p', 'S') AND NOT pg_has_role(t.relowner, 'USAGE')
				AND NOT EXISTS (SELECT 1 FROM pg_depend d
					WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype IN ('a', 'i', 'e')) -- of a column or an extension
			ORDER BY 1))`

// mayMigrate refuses a user who may not make tables, or may not change those that are
// there. It only reads. Since PostgreSQL 15 only the owner of a database may make some
// in the schema public (https://www.postgresql.org/docs/15/release-15.html), and only its
// owner may ever change a table (https://www.postgresql.org/docs/15/sql-altertable.html).
func mayMigrate(ctx context.Context, c *pgx.Conn) error {
	var who, schema string
	var missing []string
	if err := c.QueryRow(ctx, missingRights).Scan(&who, &schema, &missing); err != nil {
		return fmt.Errorf("look what is allowed: %w", err)
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("user %s may not make tables in schema %s, or may not change those that others own there: "+
		"have the database's owner or an administrator run, in this database: %s", who, schema, strings.Join(missing, "; "))
}
