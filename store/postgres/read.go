package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// read runs one read on a connection that is free.
func (s *Store) read(ctx context.Context, f func(ctx context.Context, c *conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	c, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	return advise(f(ctx, &conn{c: c.Conn()}))
}

// snapshot runs reads that are several and must see the same moment.
func (s *Store) snapshot(ctx context.Context, f func(ctx context.Context, c *conn) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	pooled, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer pooled.Release()
	c := &conn{c: pooled.Conn()}
	c.Later("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	defer func() {
		if pooled.Conn().IsClosed() || c.trips == 0 {
			return // it ended with the connection, or never began
		}
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingWithin)
		defer cancel()
		err = errors.Join(err, c.simple(end, "ROLLBACK")) // nothing was written
	}()
	return advise(f(ctx, c))
}

// acquire waits for a connection that is free.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-s.write.Closing():
		return nil, relational.ErrClosed
	default:
	}
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", oneLine(err))
	}
	return c, nil
}
