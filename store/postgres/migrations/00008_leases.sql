-- +goose Up

-- The time by which all processes go. now() would be that at which a transaction
-- began, which may have waited since.
CREATE FUNCTION clock() RETURNS BIGINT LANGUAGE sql VOLATILE AS $$ SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT $$;

-- Who dispatches an org, and until when if it does not say so again. A token is
-- changed by nobody who does not hold the lock of those that write, so that it is
-- the same from where it is compared to the end of that transaction.
CREATE TABLE leases (
    org     TEXT COLLATE "C" PRIMARY KEY,
    token   BIGINT NOT NULL,
    holder  TEXT COLLATE "C" NOT NULL, -- id of a replica, empty for nobody
    since   BIGINT NOT NULL,
    expires BIGINT NOT NULL
) WITH (fillfactor = 50);

-- The processes that have the database open.
CREATE TABLE replicas (
    id      TEXT COLLATE "C" PRIMARY KEY,
    name    TEXT COLLATE "C" NOT NULL,
    started BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    configs JSONB  NOT NULL -- a digest for each org
) WITH (fillfactor = 50);

-- Refuses a write under a lease that is not the last one of its org, or that another
-- has under the same token: a server that took over without the last commits gives a
-- token twice.
-- +goose StatementBegin
CREATE FUNCTION fence(whose TEXT, mine BIGINT, who TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM leases WHERE org = whose AND token = mine AND holder = who) THEN
        RAISE EXCEPTION 'the lease is lost' USING ERRCODE = 'SB002';
    END IF;
END $$;
-- +goose StatementEnd
