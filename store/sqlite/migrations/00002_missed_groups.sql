-- +goose Up

-- When Adobe first showed no group where one of the bridge's own was looked for.
ALTER TABLE adobe_groups ADD COLUMN missed_at INTEGER NOT NULL DEFAULT 0;
