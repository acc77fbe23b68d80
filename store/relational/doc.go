// Package relational keeps the storage contract of package store in SQL, once for
// all databases. A driver, store/sqlite or store/postgres, embeds [Store] and brings
// connections, transactions and what its database says differently: see [Database]. Its
// writes wait in a [Queue], for the one goroutine that does them all.
//
// A step is the same everywhere, down to the text of its statements. They are
// written in what both databases understand:
//
//   - Parameters are $1, $2 and so on. One in a list of what to select says its type,
//     as CAST($3 AS BIGINT), or it would be a text.
//   - FROM a CROSS JOIN b WHERE … is where SQLite must look up a before b. It keeps
//     the order of a CROSS JOIN; to PostgreSQL it is a join like others.
//   - LIMIT CAST($2 AS BIGINT) and kind = CAST($2 AS TEXT) hide the value from SQLite,
//     which would compile a statement anew for each value of a LIMIT, or of a
//     column on which a partial index depends.
//   - (SELECT g.id FROM groups g WHERE g.key = up.key) looks up each row of a walk by
//     an index. PostgreSQL cannot tell how long a walk is, and would rather read all
//     groups to join them.
//   - A flag is compared as parked, NOT parked, TRUE and FALSE, and is a bool in Go.
//     INSERT … SELECT … ON CONFLICT has a WHERE, without which SQLite takes ON for
//     that of a join. A selection in FROM has a name, though PostgreSQL alone wants it.
//
// What is left has a mark, in braces, in whose place each database puts its own
// word: see [Words]. They are few:
//
//	FROM {texts $2 AS j}      each text of a list that is one parameter, as j.value
//	FROM {numbers $2 AS j}    each integer of a list
//	FROM {rows $2 AS j}       each row of several columns: j.value ->> 0 is the first
//	id {in $2}, {not in $2}   to be one of a list of texts, or none
//	{document $5}             the searched form of a document
//	FROM due {by due_stuck}   the index to use, for a database that would take another
//	'User' {bytewise}         a text that is compared by bytes, as those of tables are
//
// What only one database can be asked, and how it finds what it is asked, its driver
// tests: it has [Hot] explained to it. What is promised package storetest tests, of
// both.
package relational
