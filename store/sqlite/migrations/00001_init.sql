-- +goose Up

-- What each org needs one value of. The generation counts the writes that made
-- something due, so that a due row never has a generation that an earlier one had.
CREATE TABLE orgs (
    org              TEXT PRIMARY KEY,
    generation       INTEGER NOT NULL DEFAULT 0,
    paused_until     INTEGER NOT NULL DEFAULT 0,
    listing_began_at INTEGER NOT NULL DEFAULT 0, -- of Adobe's groups
    groups_listed_at INTEGER NOT NULL DEFAULT 0, -- completely
    fingerprint      TEXT    NOT NULL DEFAULT '' -- of what it is dispatched by
) STRICT, WITHOUT ROWID;

-- Dates are microseconds since 1970 in UTC everywhere, 0 for none. Columns
-- that end in _key hold directory.Fold of a value of the document.
CREATE TABLE users (
    key              INTEGER PRIMARY KEY AUTOINCREMENT, -- in order of creation
    org              TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    document         TEXT    NOT NULL,
    user_name_key    TEXT    NOT NULL,
    external_id      TEXT    NOT NULL,
    display_name_key TEXT    NOT NULL,
    display          TEXT    NOT NULL, -- displayName, else userName
    active           INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    created          INTEGER NOT NULL,
    modified         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_by_id ON users (org, id);
CREATE UNIQUE INDEX users_by_name ON users (org, user_name_key);
CREATE INDEX users_by_external_id ON users (org, external_id) WHERE external_id <> '';
CREATE INDEX users_by_display_name ON users (org, display_name_key) WHERE display_name_key <> '';
CREATE INDEX users_in_order ON users (org, key);

CREATE TABLE groups (
    key              INTEGER PRIMARY KEY AUTOINCREMENT, -- in order of creation
    org              TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    document         TEXT    NOT NULL,
    display_name_key TEXT    NOT NULL,
    display          TEXT    NOT NULL, -- displayName
    external_id      TEXT    NOT NULL,
    version          INTEGER NOT NULL,
    created          INTEGER NOT NULL,
    modified         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX groups_by_id ON groups (org, id);
CREATE UNIQUE INDEX groups_by_name ON groups (org, display_name_key);
CREATE INDEX groups_by_external_id ON groups (org, external_id) WHERE external_id <> '';
CREATE INDEX groups_in_order ON groups (org, key);

-- A direct member is a user or a group. The id is here so that members can be
-- read in its order.
CREATE TABLE members (
    group_key INTEGER NOT NULL REFERENCES groups (key),
    member_id TEXT    NOT NULL,
    user_key  INTEGER REFERENCES users (key),
    child_key INTEGER REFERENCES groups (key),
    PRIMARY KEY (group_key, member_id),
    CHECK ((user_key IS NULL) <> (child_key IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user_key, group_key) WHERE user_key IS NOT NULL;
CREATE INDEX members_by_child ON members (child_key, group_key) WHERE child_key IS NOT NULL;
CREATE INDEX members_children ON members (group_key, child_key) WHERE child_key IS NOT NULL;

-- What may differ between the directory and the mirror. Ids are SCIM ids, since
-- the resources may be gone; the one that a kind lacks is empty. Those of a
-- mirrored membership are ids of adobe_groups and accounts. A not_before of 0
-- means at once.
CREATE TABLE due (
    org        TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('user', 'group', 'edge', 'mirrored')),
    group_id   TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    rank       INTEGER NOT NULL,
    since      INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('pending', 'held', 'failed')),
    parked     INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    attempts   INTEGER NOT NULL,
    alone      INTEGER NOT NULL,
    released   INTEGER NOT NULL, -- by a person, from a brake
    code       TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    hint       TEXT    NOT NULL,
    PRIMARY KEY (org, kind, group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_ready ON due (org, rank) WHERE state = 'pending' AND parked = 0 AND not_before = 0;
CREATE INDEX due_later ON due (org, not_before) WHERE state = 'pending' AND parked = 0 AND not_before > 0;
CREATE INDEX due_oldest ON due (org, since) WHERE state = 'pending';
CREATE INDEX due_parked_by_group ON due (org, group_id) WHERE parked = 1;
CREATE INDEX due_edges_by_user ON due (org, user_id) WHERE kind = 'edge';
CREATE INDEX due_stuck_edges ON due (org, group_id, state) WHERE kind = 'edge' AND state <> 'pending';
CREATE INDEX due_held_by_account ON due (org, user_id) WHERE kind = 'mirrored' AND state = 'held';
CREATE INDEX due_stuck ON due (org, state, since) WHERE state <> 'pending';

-- How many due rows are in which state, kept by the triggers below: memberships
-- for each group, the other kinds all in one, where group_id is empty. Counting
-- them at each read would cost as much as is due. What is parked is pending too.
CREATE TABLE work (
    org      TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    group_id TEXT    NOT NULL,
    pending  INTEGER NOT NULL,
    parked   INTEGER NOT NULL,
    held     INTEGER NOT NULL,
    failed   INTEGER NOT NULL,
    PRIMARY KEY (org, kind, group_id)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER due_added AFTER INSERT ON due BEGIN
    INSERT INTO work (org, kind, group_id, pending, parked, held, failed)
    VALUES (new.org, new.kind, CASE new.kind WHEN 'edge' THEN new.group_id ELSE '' END,
        new.state = 'pending', new.state = 'pending' AND new.parked, new.state = 'held', new.state = 'failed')
    ON CONFLICT (org, kind, group_id) DO UPDATE SET
        pending = pending + excluded.pending, parked = parked + excluded.parked,
        held = held + excluded.held, failed = failed + excluded.failed;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER due_moved AFTER UPDATE OF state, parked ON due WHEN old.state <> new.state OR old.parked <> new.parked BEGIN
    UPDATE work SET
        pending = pending + (new.state = 'pending') - (old.state = 'pending'),
        parked = parked + (new.state = 'pending' AND new.parked) - (old.state = 'pending' AND old.parked),
        held = held + (new.state = 'held') - (old.state = 'held'),
        failed = failed + (new.state = 'failed') - (old.state = 'failed')
    WHERE org = new.org AND kind = new.kind AND group_id = CASE new.kind WHEN 'edge' THEN new.group_id ELSE '' END;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER due_gone AFTER DELETE ON due BEGIN
    UPDATE work SET
        pending = pending - (old.state = 'pending'),
        parked = parked - (old.state = 'pending' AND old.parked),
        held = held - (old.state = 'held'),
        failed = failed - (old.state = 'failed')
    WHERE org = old.org AND kind = old.kind AND group_id = CASE old.kind WHEN 'edge' THEN old.group_id ELSE '' END;
    DELETE FROM work
    WHERE org = old.org AND kind = old.kind AND group_id = CASE old.kind WHEN 'edge' THEN old.group_id ELSE '' END
        AND pending = 0 AND held = 0 AND failed = 0;
END;
-- +goose StatementEnd

-- The mirror: what Adobe was last known to hold.
CREATE TABLE accounts (
    org           TEXT NOT NULL,
    id            TEXT NOT NULL,
    presence      TEXT NOT NULL,
    type          TEXT NOT NULL,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL,
    username      TEXT NOT NULL,
    domain        TEXT NOT NULL,
    first_name    TEXT NOT NULL,
    last_name     TEXT NOT NULL,
    country       TEXT NOT NULL,
    candidate     TEXT NOT NULL,
    candidate_key TEXT NOT NULL,
    twin          INTEGER NOT NULL,
    look_at       INTEGER NOT NULL, -- 0 is never
    looks         INTEGER NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_to_look_at ON accounts (org, look_at) WHERE look_at > 0 AND presence = 'present';
CREATE INDEX accounts_present ON accounts (org) WHERE presence = 'present';
CREATE INDEX accounts_by_email ON accounts (org, email_key);
CREATE INDEX accounts_by_candidate ON accounts (org, candidate_key) WHERE candidate_key <> '';

CREATE TABLE adobe_groups (
    org           TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    name_key      TEXT    NOT NULL,
    type          TEXT    NOT NULL,
    presence      TEXT    NOT NULL,
    adopted       INTEGER NOT NULL,
    candidate     TEXT    NOT NULL,
    candidate_key TEXT    NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX adobe_groups_by_name ON adobe_groups (org, name_key);
CREATE INDEX adobe_groups_by_candidate ON adobe_groups (org, candidate_key) WHERE candidate_key <> '';

CREATE TABLE edges (
    org         TEXT    NOT NULL,
    account     TEXT    NOT NULL,
    adobe_group TEXT    NOT NULL,
    doubtful    INTEGER NOT NULL, -- else present
    PRIMARY KEY (org, account, adobe_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX edges_by_group ON edges (org, adobe_group);

CREATE TABLE links (
    org          TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('user', 'group')),
    directory_id TEXT    NOT NULL,
    mirror_id    TEXT    NOT NULL,
    stale        INTEGER NOT NULL,
    synced_at    INTEGER NOT NULL,
    PRIMARY KEY (org, kind, directory_id, mirror_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_mirror ON links (org, kind, mirror_id);

-- Calls to Adobe, each from just before it was sent.
CREATE TABLE calls (
    org        TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    sent_at    INTEGER NOT NULL,
    settled_at INTEGER NOT NULL,
    outcome    TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    departures   INTEGER NOT NULL, -- what it took away, as brakes count
    entitlements INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_open ON calls (org, sent_at) WHERE settled_at = 0;
CREATE INDEX calls_sent ON calls (org, sent_at) WHERE outcome <> 'not sent';
CREATE INDEX calls_removals ON calls (org, sent_at, departures, entitlements)
    WHERE outcome <> 'not sent' AND outcome <> 'refused' AND departures + entitlements > 0;

-- Prose for people. Nothing reads it back but what shows it.
CREATE TABLE journal (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    org        TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    group_id   TEXT    NOT NULL,
    event      TEXT    NOT NULL,
    text       TEXT    NOT NULL
) STRICT;
CREATE INDEX journal_by_user ON journal (org, user_id) WHERE user_id <> '';
CREATE INDEX journal_by_group ON journal (org, group_id) WHERE group_id <> '';
CREATE INDEX journal_in_order ON journal (org, seq);
