-- +goose Up

-- The table as PostgreSQL has had it from the start: what counts refusals is named
-- so, what is new begins with defaults, and flags are compared as flags.
CREATE TABLE due_new (
    org        TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('user', 'group', 'edge', 'mirrored')),
    group_id   TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    rank       INTEGER NOT NULL,
    since      INTEGER NOT NULL,
    state      TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'held', 'failed')),
    parked     INTEGER NOT NULL DEFAULT FALSE,
    not_before INTEGER NOT NULL DEFAULT 0,
    attempts   INTEGER NOT NULL DEFAULT 0,
    refused    INTEGER NOT NULL DEFAULT 0,
    released   INTEGER NOT NULL DEFAULT FALSE, -- by a person, from a brake
    code       TEXT    NOT NULL DEFAULT '',
    message    TEXT    NOT NULL DEFAULT '',
    hint       TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (org, kind, group_id, user_id)
) STRICT, WITHOUT ROWID;
INSERT INTO due_new (org, kind, group_id, user_id, generation, rank, since, state, parked, not_before, attempts,
    refused, released, code, message, hint)
SELECT org, kind, group_id, user_id, generation, rank, since, state, parked, not_before, attempts,
    alone, released, code, message, hint
FROM due ORDER BY org, kind, group_id, user_id;
DROP TABLE due; -- with its triggers, which do not see it go
ALTER TABLE due_new RENAME TO due;
CREATE INDEX due_ready ON due (org, rank) WHERE state = 'pending' AND NOT parked AND not_before = 0;
CREATE INDEX due_later ON due (org, not_before) WHERE state = 'pending' AND NOT parked AND not_before > 0;
CREATE INDEX due_oldest ON due (org, since) WHERE state = 'pending';
CREATE INDEX due_parked_by_group ON due (org, group_id) WHERE parked;
CREATE INDEX due_edges_by_user ON due (org, user_id) WHERE kind = 'edge';
CREATE INDEX due_stuck_edges ON due (org, group_id, state) WHERE kind = 'edge' AND state <> 'pending';
CREATE INDEX due_held_by_account ON due (org, user_id) WHERE kind = 'mirrored' AND state = 'held';
CREATE INDEX due_stuck ON due (org, state, since) WHERE state <> 'pending';
CREATE INDEX due_by_code ON due (org, code) WHERE code <> '';

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
