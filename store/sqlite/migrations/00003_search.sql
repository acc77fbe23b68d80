-- +goose Up

-- The form in which a document is searched (package search), as JSONB; this one
-- is {}, until the next migration fills it.
ALTER TABLE users ADD COLUMN search BLOB NOT NULL DEFAULT x'0C';

-- Who has which e-mail address, in its searched form, kept by the triggers below.
CREATE TABLE emails (
    org       TEXT    NOT NULL,
    value_key TEXT    NOT NULL,
    user_key  INTEGER NOT NULL,
    PRIMARY KEY (org, value_key, user_key)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER emails_added AFTER INSERT ON users BEGIN
    INSERT OR IGNORE INTO emails (org, value_key, user_key)
    SELECT new.org, e.value ->> 'value', new.key FROM jsonb_each(new.search, '$.emails') e WHERE e.value ->> 'value' IS NOT NULL;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER emails_changed AFTER UPDATE OF search ON users
WHEN old.search -> 'emails' IS NOT new.search -> 'emails' BEGIN
    DELETE FROM emails WHERE org = old.org AND user_key = old.key
        AND value_key IN (SELECT e.value ->> 'value' FROM jsonb_each(old.search, '$.emails') e);
    INSERT OR IGNORE INTO emails (org, value_key, user_key)
    SELECT new.org, e.value ->> 'value', new.key FROM jsonb_each(new.search, '$.emails') e WHERE e.value ->> 'value' IS NOT NULL;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER emails_gone AFTER DELETE ON users BEGIN
    DELETE FROM emails WHERE org = old.org AND user_key = old.key
        AND value_key IN (SELECT e.value ->> 'value' FROM jsonb_each(old.search, '$.emails') e);
END;
-- +goose StatementEnd

-- Whether a name is missing comes first in its index, so that the others can be
-- read in order, and those without one after them.
ALTER TABLE users ADD COLUMN no_external_id INTEGER GENERATED ALWAYS AS (external_id = '') VIRTUAL;
ALTER TABLE users ADD COLUMN no_display_name INTEGER GENERATED ALWAYS AS (display_name_key = '') VIRTUAL;
ALTER TABLE groups ADD COLUMN no_external_id INTEGER GENERATED ALWAYS AS (external_id = '') VIRTUAL;
DROP INDEX users_by_external_id;
DROP INDEX users_by_display_name;
DROP INDEX groups_by_external_id;
CREATE INDEX users_by_external_id ON users (org, no_external_id, external_id);
CREATE INDEX users_by_display_name ON users (org, no_display_name, display_name_key);
CREATE INDEX users_by_active ON users (org, active);
CREATE INDEX users_by_created ON users (org, created);
CREATE INDEX users_by_modified ON users (org, modified);
CREATE INDEX groups_by_external_id ON groups (org, no_external_id, external_id);
CREATE INDEX groups_by_created ON groups (org, created);
CREATE INDEX groups_by_modified ON groups (org, modified);

-- How many resources an org has, kept by the triggers below. Counting them at
-- each list would cost as much as there are.
CREATE TABLE sizes (
    org    TEXT    PRIMARY KEY,
    users  INTEGER NOT NULL DEFAULT 0,
    groups INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO sizes (org, users) SELECT org, COUNT(*) FROM users GROUP BY org;
INSERT INTO sizes (org, groups) SELECT org, COUNT(*) FROM groups WHERE TRUE GROUP BY org
    ON CONFLICT (org) DO UPDATE SET groups = excluded.groups;

-- +goose StatementBegin
CREATE TRIGGER user_added AFTER INSERT ON users BEGIN
    INSERT INTO sizes (org, users) VALUES (new.org, 1) ON CONFLICT (org) DO UPDATE SET users = users + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER user_gone AFTER DELETE ON users BEGIN
    UPDATE sizes SET users = users - 1 WHERE org = old.org;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER group_added AFTER INSERT ON groups BEGIN
    INSERT INTO sizes (org, groups) VALUES (new.org, 1) ON CONFLICT (org) DO UPDATE SET groups = groups + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER group_gone AFTER DELETE ON groups BEGIN
    UPDATE sizes SET groups = groups - 1 WHERE org = old.org;
END;
-- +goose StatementEnd
