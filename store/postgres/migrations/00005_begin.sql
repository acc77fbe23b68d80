-- +goose Up

-- As the first five steps of SQLite left it there: from here on a number means
-- the same step in both. Texts compare by bytes, since order and equality are
-- those of SQLite, whatever locale the database was made with.

-- The bridge's databases are known by the comment on it. Releases that know the
-- tables up to a number may work with them as they are if that is oldest or more: a
-- step that only adds leaves it as it is, one that older releases could not live with
-- sets it to its own number.
CREATE TABLE bridge (
    one    BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    oldest BIGINT  NOT NULL
);
INSERT INTO bridge (oldest) VALUES (5);
COMMENT ON TABLE bridge IS 'scim-bridge';

-- Due rows are told apart by it, so that none has a generation that an earlier
-- one had. A transaction may use all up to the next.
CREATE SEQUENCE generations INCREMENT BY 1000;

-- Begins a transaction that writes: no other one writes until it ends. It is refused
-- to a release that knows the tables up to a number that is no longer enough.
-- +goose StatementBegin
CREATE FUNCTION hold(known BIGINT, OUT transaction TEXT, OUT generation BIGINT) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1935893106, hashtext(current_schema()));
    IF known < (SELECT oldest FROM bridge) THEN
        RAISE EXCEPTION 'a newer release has changed the tables' USING ERRCODE = 'SB001';
    END IF;
    transaction := pg_current_xact_id()::TEXT;
    generation := nextval('generations');
END $$;
-- +goose StatementEnd

-- What each org needs one value of.
CREATE TABLE orgs (
    org              TEXT COLLATE "C" PRIMARY KEY,
    paused_until     BIGINT NOT NULL DEFAULT 0,
    listing_began_at BIGINT NOT NULL DEFAULT 0, -- of Adobe's groups
    groups_listed_at BIGINT NOT NULL DEFAULT 0, -- completely
    fingerprint      TEXT COLLATE "C" NOT NULL DEFAULT '', -- of what it is dispatched by
    group_rules      TEXT COLLATE "C" NOT NULL DEFAULT ''  -- by which groups were mapped last
) WITH (fillfactor = 50);

-- Dates are microseconds since 1970 in UTC everywhere, 0 for none. Columns
-- that end in _key hold directory.Fold of a value of the document.
CREATE TABLE users (
    key              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in order of creation
    org              TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    document         TEXT COLLATE "C" NOT NULL,
    user_name_key    TEXT COLLATE "C" NOT NULL,
    external_id      TEXT COLLATE "C" NOT NULL,
    display_name_key TEXT COLLATE "C" NOT NULL,
    display          TEXT COLLATE "C" NOT NULL, -- displayName, else userName
    active           SMALLINT NOT NULL, -- 1 or 0, as filters compare it
    version          BIGINT   NOT NULL,
    created          BIGINT   NOT NULL,
    modified         BIGINT   NOT NULL,
    search           JSONB    NOT NULL, -- the form in which it is searched (package search)
    no_external_id   BOOLEAN  NOT NULL GENERATED ALWAYS AS (external_id = '') STORED,
    no_display_name  BOOLEAN  NOT NULL GENERATED ALWAYS AS (display_name_key = '') STORED
);
CREATE UNIQUE INDEX users_by_id ON users (org, id);
CREATE UNIQUE INDEX users_by_name ON users (org, user_name_key);
-- Whether a name is missing comes first in its index, so that the others can be
-- read in order, and those without one after them.
CREATE INDEX users_by_external_id ON users (org, no_external_id, external_id, key);
CREATE INDEX users_by_display_name ON users (org, no_display_name, display_name_key, key);
CREATE INDEX users_in_order ON users (org, key);
CREATE INDEX users_by_active ON users (org, active, key);
CREATE INDEX users_by_created ON users (org, created, key);
CREATE INDEX users_by_modified ON users (org, modified, key);

CREATE TABLE groups (
    key              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in order of creation
    org              TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    document         TEXT COLLATE "C" NOT NULL,
    display_name_key TEXT COLLATE "C" NOT NULL,
    display          TEXT COLLATE "C" NOT NULL, -- displayName
    external_id      TEXT COLLATE "C" NOT NULL,
    version          BIGINT NOT NULL,
    created          BIGINT NOT NULL,
    modified         BIGINT NOT NULL,
    no_external_id   BOOLEAN NOT NULL GENERATED ALWAYS AS (external_id = '') STORED
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX groups_by_id ON groups (org, id);
CREATE UNIQUE INDEX groups_by_name ON groups (org, display_name_key);
CREATE INDEX groups_by_external_id ON groups (org, no_external_id, external_id, key);
CREATE INDEX groups_in_order ON groups (org, key);
CREATE INDEX groups_by_created ON groups (org, created, key);
CREATE INDEX groups_by_modified ON groups (org, modified, key);

-- A direct member is a user or a group. The id is here so that members can be
-- read in its order.
CREATE TABLE members (
    group_key BIGINT NOT NULL REFERENCES groups (key),
    member_id TEXT COLLATE "C" NOT NULL,
    user_key  BIGINT REFERENCES users (key),
    child_key BIGINT REFERENCES groups (key),
    PRIMARY KEY (group_key, member_id),
    CHECK ((user_key IS NULL) <> (child_key IS NULL))
);
CREATE INDEX members_by_user ON members (user_key, group_key) WHERE user_key IS NOT NULL;
CREATE INDEX members_by_child ON members (child_key, group_key) WHERE child_key IS NOT NULL;
CREATE INDEX members_children ON members (group_key, child_key) WHERE child_key IS NOT NULL;

-- Who has which e-mail address, in its searched form, kept by the triggers below.
CREATE TABLE emails (
    org       TEXT COLLATE "C" NOT NULL,
    value_key TEXT COLLATE "C" NOT NULL,
    user_key  BIGINT NOT NULL,
    PRIMARY KEY (org, value_key, user_key)
);

-- How many resources an org has, kept by the triggers below. Counting them at
-- each list would cost as much as there are.
CREATE TABLE sizes (
    org    TEXT COLLATE "C" PRIMARY KEY,
    users  BIGINT NOT NULL DEFAULT 0,
    groups BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- +goose StatementBegin
CREATE FUNCTION users_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sizes AS s (org, users) SELECT org, COUNT(*) FROM added GROUP BY org
    ON CONFLICT (org) DO UPDATE SET users = s.users + excluded.users;
    INSERT INTO emails (org, value_key, user_key)
    SELECT u.org, e.value ->> 'value', u.key FROM added u, jsonb_array_elements(u.search -> 'emails') e (value)
    WHERE e.value ->> 'value' IS NOT NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION users_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM emails USING removed o JOIN added n ON n.key = o.key, jsonb_array_elements(o.search -> 'emails') e (value)
    WHERE o.search -> 'emails' IS DISTINCT FROM n.search -> 'emails'
        AND emails.org = o.org AND emails.user_key = o.key AND emails.value_key = e.value ->> 'value';
    INSERT INTO emails (org, value_key, user_key)
    SELECT n.org, e.value ->> 'value', n.key
    FROM removed o JOIN added n ON n.key = o.key, jsonb_array_elements(n.search -> 'emails') e (value)
    WHERE o.search -> 'emails' IS DISTINCT FROM n.search -> 'emails' AND e.value ->> 'value' IS NOT NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION users_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sizes s SET users = s.users - gone.n FROM (SELECT org, COUNT(*) AS n FROM removed GROUP BY org) gone WHERE s.org = gone.org;
    DELETE FROM emails USING removed o, jsonb_array_elements(o.search -> 'emails') e (value)
    WHERE emails.org = o.org AND emails.user_key = o.key AND emails.value_key = e.value ->> 'value';
    RETURN NULL;
END $$;
CREATE FUNCTION groups_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sizes AS s (org, groups) SELECT org, COUNT(*) FROM added GROUP BY org
    ON CONFLICT (org) DO UPDATE SET groups = s.groups + excluded.groups;
    RETURN NULL;
END $$;
CREATE FUNCTION groups_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sizes s SET groups = s.groups - gone.n FROM (SELECT org, COUNT(*) AS n FROM removed GROUP BY org) gone WHERE s.org = gone.org;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER users_added AFTER INSERT ON users REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION users_added();
CREATE TRIGGER users_changed AFTER UPDATE ON users REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION users_changed();
CREATE TRIGGER users_gone AFTER DELETE ON users REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION users_gone();
CREATE TRIGGER groups_added AFTER INSERT ON groups REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION groups_added();
CREATE TRIGGER groups_gone AFTER DELETE ON groups REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION groups_gone();

-- What may differ between the directory and the mirror. Ids are SCIM ids, since
-- the resources may be gone; the one that a kind lacks is empty. Those of a
-- mirrored membership are ids of adobe_groups and accounts. A not_before of 0
-- means at once.
CREATE TABLE due (
    org        TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user', 'group', 'edge', 'mirrored')),
    group_id   TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    generation BIGINT  NOT NULL,
    rank       BIGINT  NOT NULL,
    since      BIGINT  NOT NULL,
    state      TEXT COLLATE "C" NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'held', 'failed')),
    parked     BOOLEAN NOT NULL DEFAULT FALSE,
    not_before BIGINT  NOT NULL DEFAULT 0,
    attempts   BIGINT  NOT NULL DEFAULT 0,
    refused    BIGINT  NOT NULL DEFAULT 0,
    released   BOOLEAN NOT NULL DEFAULT FALSE, -- by a person, from a brake
    code       TEXT COLLATE "C" NOT NULL DEFAULT '',
    message    TEXT COLLATE "C" NOT NULL DEFAULT '',
    hint       TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (org, kind, group_id, user_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX due_ready ON due (org, rank) WHERE state = 'pending' AND NOT parked AND not_before = 0;
CREATE INDEX due_later ON due (org, not_before) WHERE state = 'pending' AND NOT parked AND not_before > 0;
CREATE INDEX due_oldest ON due (org, since) WHERE state = 'pending';
CREATE INDEX due_parked_by_group ON due (org, group_id) WHERE parked;
CREATE INDEX due_edges_by_user ON due (org, user_id) WHERE kind = 'edge';
CREATE INDEX due_stuck_edges ON due (org, group_id, state) WHERE kind = 'edge' AND state <> 'pending';
CREATE INDEX due_held_by_account ON due (org, user_id) WHERE kind = 'mirrored' AND state = 'held';
CREATE INDEX due_stuck ON due (org, state, since) WHERE state <> 'pending';
CREATE INDEX due_by_code ON due (org, code) WHERE code <> '';

-- How many due rows are in which state, kept by the triggers below: memberships
-- for each group, the other kinds all in one, where group_id is empty. Counting
-- them at each read would cost as much as is due. What is parked is pending too.
CREATE TABLE work (
    org      TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL,
    pending  BIGINT NOT NULL,
    parked   BIGINT NOT NULL,
    held     BIGINT NOT NULL,
    failed   BIGINT NOT NULL,
    PRIMARY KEY (org, kind, group_id)
) WITH (fillfactor = 50);

-- +goose StatementBegin
CREATE FUNCTION due_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO work AS w (org, kind, group_id, pending, parked, held, failed)
    SELECT org, kind, CASE kind WHEN 'edge' THEN group_id ELSE '' END,
        COUNT(*) FILTER (WHERE state = 'pending'), COUNT(*) FILTER (WHERE state = 'pending' AND parked),
        COUNT(*) FILTER (WHERE state = 'held'), COUNT(*) FILTER (WHERE state = 'failed')
    FROM added GROUP BY 1, 2, 3
    ON CONFLICT (org, kind, group_id) DO UPDATE SET pending = w.pending + excluded.pending,
        parked = w.parked + excluded.parked, held = w.held + excluded.held, failed = w.failed + excluded.failed;
    RETURN NULL;
END $$;
CREATE FUNCTION due_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE work w SET pending = w.pending + d.pending, parked = w.parked + d.parked,
        held = w.held + d.held, failed = w.failed + d.failed
    FROM (
        SELECT org, kind, CASE kind WHEN 'edge' THEN group_id ELSE '' END AS group_id,
            SUM(CASE WHEN state = 'pending' THEN n ELSE 0 END) AS pending,
            SUM(CASE WHEN state = 'pending' AND parked THEN n ELSE 0 END) AS parked,
            SUM(CASE WHEN state = 'held' THEN n ELSE 0 END) AS held,
            SUM(CASE WHEN state = 'failed' THEN n ELSE 0 END) AS failed
        FROM (SELECT org, kind, group_id, state, parked, 1 AS n FROM added
            UNION ALL SELECT org, kind, group_id, state, parked, -1 FROM removed) moved
        GROUP BY 1, 2, 3
    ) d
    WHERE w.org = d.org AND w.kind = d.kind AND w.group_id = d.group_id
        AND (d.pending <> 0 OR d.parked <> 0 OR d.held <> 0 OR d.failed <> 0);
    RETURN NULL;
END $$;
CREATE FUNCTION due_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE work w SET pending = w.pending - d.pending, parked = w.parked - d.parked,
        held = w.held - d.held, failed = w.failed - d.failed
    FROM (
        SELECT org, kind, CASE kind WHEN 'edge' THEN group_id ELSE '' END AS group_id,
            COUNT(*) FILTER (WHERE state = 'pending') AS pending,
            COUNT(*) FILTER (WHERE state = 'pending' AND parked) AS parked,
            COUNT(*) FILTER (WHERE state = 'held') AS held,
            COUNT(*) FILTER (WHERE state = 'failed') AS failed
        FROM removed GROUP BY 1, 2, 3
    ) d
    WHERE w.org = d.org AND w.kind = d.kind AND w.group_id = d.group_id;
    DELETE FROM work w USING (SELECT DISTINCT org, kind, CASE kind WHEN 'edge' THEN group_id ELSE '' END AS group_id FROM removed) d
    WHERE w.org = d.org AND w.kind = d.kind AND w.group_id = d.group_id AND w.pending = 0 AND w.held = 0 AND w.failed = 0;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER due_added AFTER INSERT ON due REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION due_added();
CREATE TRIGGER due_moved AFTER UPDATE ON due REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION due_moved();
CREATE TRIGGER due_gone AFTER DELETE ON due REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION due_gone();

-- The mirror: what Adobe was last known to hold.
CREATE TABLE accounts (
    org           TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    presence      TEXT COLLATE "C" NOT NULL,
    type          TEXT COLLATE "C" NOT NULL,
    email         TEXT COLLATE "C" NOT NULL,
    email_key     TEXT COLLATE "C" NOT NULL,
    username      TEXT COLLATE "C" NOT NULL,
    domain        TEXT COLLATE "C" NOT NULL,
    first_name    TEXT COLLATE "C" NOT NULL,
    last_name     TEXT COLLATE "C" NOT NULL,
    country       TEXT COLLATE "C" NOT NULL,
    candidate     TEXT COLLATE "C" NOT NULL,
    candidate_key TEXT COLLATE "C" NOT NULL,
    twin          BOOLEAN NOT NULL,
    look_at       BIGINT  NOT NULL, -- 0 is never
    looks         BIGINT  NOT NULL,
    PRIMARY KEY (org, id)
);
CREATE INDEX accounts_to_look_at ON accounts (org, look_at) WHERE look_at > 0 AND presence = 'present';
CREATE INDEX accounts_present ON accounts (org) WHERE presence = 'present';
CREATE INDEX accounts_by_email ON accounts (org, email_key);
CREATE INDEX accounts_by_candidate ON accounts (org, candidate_key) WHERE candidate_key <> '';

CREATE TABLE adobe_groups (
    org           TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    name_key      TEXT COLLATE "C" NOT NULL,
    type          TEXT COLLATE "C" NOT NULL,
    presence      TEXT COLLATE "C" NOT NULL,
    adopted       BOOLEAN NOT NULL,
    ruled         BOOLEAN NOT NULL, -- a rule of the configuration maps groups to it, or did
    candidate     TEXT COLLATE "C" NOT NULL,
    candidate_key TEXT COLLATE "C" NOT NULL,
    missed_at     BIGINT  NOT NULL, -- when Adobe first showed no group where one of the bridge's own was looked for
    PRIMARY KEY (org, id)
);
CREATE INDEX adobe_groups_by_name ON adobe_groups (org, name_key);
CREATE INDEX adobe_groups_by_candidate ON adobe_groups (org, candidate_key) WHERE candidate_key <> '';

CREATE TABLE edges (
    org         TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    adobe_group TEXT COLLATE "C" NOT NULL,
    doubtful    BOOLEAN NOT NULL, -- else present
    PRIMARY KEY (org, account, adobe_group)
);
CREATE INDEX edges_by_group ON edges (org, adobe_group);

CREATE TABLE links (
    org          TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user', 'group')),
    directory_id TEXT COLLATE "C" NOT NULL,
    mirror_id    TEXT COLLATE "C" NOT NULL,
    stale        BOOLEAN NOT NULL,
    rule         BOOLEAN NOT NULL, -- of the configuration maps the group there, and not its name
    synced_at    BIGINT  NOT NULL,
    PRIMARY KEY (org, kind, directory_id, mirror_id)
);
CREATE INDEX links_by_mirror ON links (org, kind, mirror_id);

-- Calls to Adobe, each from just before it was sent.
CREATE TABLE calls (
    org          TEXT COLLATE "C" NOT NULL,
    id           TEXT COLLATE "C" NOT NULL,
    sent_at      BIGINT NOT NULL,
    settled_at   BIGINT NOT NULL,
    outcome      TEXT COLLATE "C" NOT NULL,
    request_id   TEXT COLLATE "C" NOT NULL,
    departures   BIGINT NOT NULL, -- what it took away, as brakes count
    entitlements BIGINT NOT NULL,
    body         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org, id)
);
CREATE INDEX calls_open ON calls (org, sent_at) WHERE settled_at = 0;
CREATE INDEX calls_sent ON calls (org, sent_at) WHERE outcome <> 'not sent';
CREATE INDEX calls_removals ON calls (org, sent_at, departures, entitlements)
    WHERE outcome <> 'not sent' AND outcome <> 'refused' AND departures + entitlements > 0;

-- Prose for people. Nothing reads it back but what shows it.
CREATE TABLE journal (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org        TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    group_id   TEXT COLLATE "C" NOT NULL,
    event      TEXT COLLATE "C" NOT NULL,
    text       TEXT COLLATE "C" NOT NULL
);
CREATE INDEX journal_by_user ON journal (org, user_id, seq) WHERE user_id <> '';
CREATE INDEX journal_by_group ON journal (org, group_id, seq) WHERE group_id <> '';
CREATE INDEX journal_in_order ON journal (org, seq);
