-- +goose Up

-- The token of the last lease of an org. Who has it stands nowhere: it is the process
-- that has the lock of the file.
CREATE TABLE leases (
    org   TEXT    NOT NULL PRIMARY KEY,
    token INTEGER NOT NULL
) WITHOUT ROWID;
