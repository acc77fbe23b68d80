-- +goose Up

-- Whether a rule of the configuration maps the group there, and not its name.
ALTER TABLE links ADD COLUMN rule INTEGER NOT NULL DEFAULT 0;

-- Whether a rule maps groups to it, or did.
ALTER TABLE adobe_groups ADD COLUMN ruled INTEGER NOT NULL DEFAULT 0;

-- The rules by which groups were mapped last.
ALTER TABLE orgs ADD COLUMN group_rules TEXT NOT NULL DEFAULT '';
