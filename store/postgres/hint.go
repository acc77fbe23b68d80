package postgres

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// codeFull is disk_full.
const codeFull = "53100"

// advise adds what to do to an error of a database that was open already.
func advise(err error) error {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == codeFull {
		return fmt.Errorf("the disk of the database server is full, make room there and it goes on by itself: %w", err)
	}
	return err
}

// Hint says what to do about an error of [Open] or [Check], or nothing where the
// error says it.
func Hint(err error) string {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		// https://www.postgresql.org/docs/current/errcodes-appendix.html
		switch refusal.Code {
		case "28P01", "28000": // invalid_password, invalid_authorization_specification
			return "check the user in store and its password: PGPASSWORD, a file that PGPASSFILE names, or one in the URL"
		case "3D000": // invalid_catalog_name
			return "make it: CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"
		case "42501": // insufficient_privilege
			return "the user needs all rights on the tables: let it own them, or belong to the role that owns them"
		case codeFull:
			return "make room on the disk of the database server"
		}
		return ""
	}
	if strings.Contains(err.Error(), "server refused TLS connection") {
		return "the server has no TLS: set it up there, or allow sslmode=prefer where the network can be trusted"
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return "check that the server runs, and the host and port in store"
	}
	return ""
}
