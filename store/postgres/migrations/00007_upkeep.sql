-- +goose Up

-- Which calls may be forgotten.
CREATE INDEX calls_settled ON calls (settled_at) WHERE settled_at > 0;
