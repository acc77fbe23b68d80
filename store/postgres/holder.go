package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// lockClass is the first half of the key of the lock on a database, "scbr" in
	// ASCII. The other half is made of the schema's name.
	lockClass = 0x73636272
	// takePatience is how long the lock of a process is waited for that may have
	// just been killed: until the server knows.
	takePatience = 5 * time.Second
	takePause    = 100 * time.Millisecond
)

var (
	errInUse = errors.New("another process has it open: stop that one first, or name another database in store")
	errTaken = errors.New("another process has taken the database: this one can only read; stop one of them")
)

// holder has the database for this process, by an advisory lock of a session of
// its own, which the server frees when the process or the network ends. What
// other processes tell arrives in the same session.
//
// A lock can be lost with the network while the process runs on. So the process
// that takes it next raises an epoch, and each transaction that writes checks
// under a row lock that the epoch is its own: see the function hold.
type holder struct {
	connect func(ctx context.Context) (*pgx.Conn, error)
	log     *slog.Logger
	heard   func(org string) // told of what became due by another process
	lost    func()           // told that something may not have been heard

	name    string // of this process, to know what it said itself
	channel string
	epoch   int64

	pg   *pgx.Conn
	end  context.CancelFunc
	done chan struct{}
}

// take takes the database if it is the bridge's, or returns errInUse.
func (h *holder) take(ctx context.Context) error {
	h.name = rand.Text()
	var key int32
	pg, err := h.connect(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", oneLine(err))
	}
	h.pg = pg
	if err := identify(ctx, pg); err != nil {
		return err
	}
	if err := pg.QueryRow(ctx, "SELECT hashtext(current_schema())").Scan(&key); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	h.channel = fmt.Sprintf("scim_bridge_%d", uint32(key))
	deadline := time.Now().Add(takePatience)
	for {
		ok, err := h.lock(ctx)
		switch {
		case err != nil:
			return err
		case ok:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("lock: %w", errInUse)
		}
		select {
		case <-time.After(takePause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lock tries to take the lock, and listens.
func (h *holder) lock(ctx context.Context) (bool, error) {
	var ok bool
	err := h.pg.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, hashtext(current_schema()))", lockClass).Scan(&ok)
	if err != nil || !ok {
		return false, err
	}
	if _, err := h.pg.Exec(ctx, "LISTEN "+pgx.Identifier{h.channel}.Sanitize()); err != nil {
		return false, fmt.Errorf("listen: %w", err)
	}
	return true, nil
}

// begin shuts out whoever had the database before. The tables must exist.
func (h *holder) begin(ctx context.Context) error {
	if err := h.pg.QueryRow(ctx, "UPDATE holder SET epoch = epoch + 1 RETURNING epoch").Scan(&h.epoch); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	return nil
}

// start listens until stop.
func (h *holder) start() {
	ctx, cancel := context.WithCancel(context.Background())
	h.end, h.done = cancel, make(chan struct{})
	go func() {
		defer close(h.done)
		for ctx.Err() == nil {
			err := h.listen(ctx)
			if ctx.Err() != nil {
				return
			}
			h.log.Warn("the connection that holds the database is lost", "err", oneLine(err))
			h.retake(ctx)
		}
	}()
}

// listen hears what other processes say until the connection breaks.
func (h *holder) listen(ctx context.Context) error {
	for {
		n, err := h.pg.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if name, org, ok := strings.Cut(n.Payload, " "); ok && name != h.name {
			h.heard(org)
		}
	}
}

// message is what is told when something of an org became due.
func (h *holder) message(org string) string { return h.name + " " + org }

// retake connects and takes the lock again, until it has it or ctx ends.
func (h *holder) retake(ctx context.Context) {
	var last string
	for ctx.Err() == nil {
		err := h.again(ctx)
		if err == nil {
			h.log.Info("the connection that holds the database is back")
			h.lost()
			return
		}
		if text := oneLine(err).Error(); text != last && ctx.Err() == nil {
			h.log.Warn("take the database again", "err", text)
			last = text
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

func (h *holder) again(ctx context.Context) error {
	h.hangUp()
	pg, err := h.connect(ctx)
	if err != nil {
		return err
	}
	h.pg = pg
	ok, err := h.lock(ctx)
	if err == nil && !ok {
		err = errTaken
	}
	return err
}

// stop gives the database back.
func (h *holder) stop() {
	if h.end != nil {
		h.end()
		<-h.done
	}
	h.hangUp()
}

func (h *holder) hangUp() {
	if h.pg == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = h.pg.Close(ctx) // the lock goes with the connection, however it ends
	h.pg = nil
}
