package sqlite

import (
	"context"
	"errors"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// read runs short reads on a connection that is free. It asks the context
// before, not during: a point read takes less time than watching for an end.
func (s *Store) read(ctx context.Context, f func(ctx context.Context, c *conn) error) error {
	c, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- c }()
	return advise(f(context.WithoutCancel(ctx), c))
}

// snapshot runs reads that may be long, or that are several and must see the
// same moment.
func (s *Store) snapshot(ctx context.Context, f func(ctx context.Context, c *conn) error) (err error) {
	c, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- c }()
	if _, err := c.Exec(context.WithoutCancel(ctx), "BEGIN DEFERRED"); err != nil {
		return err
	}
	defer func() {
		_, end := c.Exec(context.WithoutCancel(ctx), "ROLLBACK") // nothing was written
		err = advise(errors.Join(err, end))
	}()
	return f(ctx, c)
}

// reader waits for a connection that is free.
func (s *Store) reader(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case c := <-s.readers:
		return c, nil
	default:
	}
	select {
	case c := <-s.readers:
		return c, nil
	case <-s.write.Closing():
		return nil, relational.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
