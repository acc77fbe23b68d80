-- +goose Up

-- When Adobe first showed no group where one of the bridge's own was looked for.
ALTER TABLE adobe_groups ADD COLUMN missed_at INTEGER NOT NULL DEFAULT 0;

-- What waits or failed for the same reason.
CREATE INDEX due_by_code ON due (org, code) WHERE code <> '';
