package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// listenPatience is how long nothing is heard before the connection is asked
	// whether it is still there: a network may swallow it without a word.
	listenPatience = time.Minute
	askPatience    = 5 * time.Second
)

// What processes tell each other about an org.
const (
	saidDue  = "due"  // something of it became due
	saidFree = "free" // its lease was given back
)

// listener hears what other processes tell, in a session of its own.
type listener struct {
	connect func(ctx context.Context) (*pgx.Conn, error)
	log     *slog.Logger
	heard   func(what, org string)
	missed  func() // told that something may not have been heard

	id      string // of this process, to know what it said itself
	channel string

	pg   *pgx.Conn
	end  context.CancelFunc
	done chan struct{}
}

// begin connects and listens.
func (h *listener) begin(ctx context.Context) error {
	h.id = rand.Text()
	pg, err := h.connect(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", oneLine(err))
	}
	h.pg = pg
	var key int32
	if err := pg.QueryRow(ctx, "SELECT hashtext(current_schema())").Scan(&key); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	h.channel = fmt.Sprintf("scim_bridge_%d", uint32(key))
	return h.listen(ctx)
}

func (h *listener) listen(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	if _, err := h.pg.Exec(ctx, "LISTEN "+pgx.Identifier{h.channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

// start hears until stop.
func (h *listener) start() {
	ctx, cancel := context.WithCancel(context.Background())
	h.end, h.done = cancel, make(chan struct{})
	go func() {
		defer close(h.done)
		for ctx.Err() == nil {
			err := h.hear(ctx)
			if ctx.Err() != nil {
				return
			}
			h.log.Warn("the connection on which other processes are heard is lost", "err", oneLine(err))
			h.again(ctx)
		}
	}()
}

// hear hears what other processes say until the connection breaks.
func (h *listener) hear(ctx context.Context) error {
	for {
		quiet, cancel := context.WithTimeout(ctx, listenPatience)
		n, err := h.pg.WaitForNotification(quiet)
		silent := err != nil && quiet.Err() != nil && ctx.Err() == nil && !h.pg.IsClosed()
		cancel()
		switch {
		case silent:
			if err := h.ask(ctx); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		id, said, _ := strings.Cut(n.Payload, " ")
		if what, org, ok := strings.Cut(said, " "); ok && id != h.id {
			h.heard(what, org)
		}
	}
}

// ask returns an error unless the connection is still there.
func (h *listener) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	return h.pg.Ping(ctx)
}

// message is what is told of an org.
func (h *listener) message(what, org string) string { return h.id + " " + what + " " + org }

// again connects and listens anew, until it can or ctx ends.
func (h *listener) again(ctx context.Context) {
	var last string
	for ctx.Err() == nil {
		h.hangUp()
		pg, err := h.connect(ctx)
		if err == nil {
			h.pg = pg
			err = h.listen(ctx)
		}
		if err == nil {
			h.log.Info("other processes are heard again")
			h.missed()
			return
		}
		if text := oneLine(err).Error(); text != last && ctx.Err() == nil {
			h.log.Warn("hear other processes again", "err", text)
			last = text
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

// stop ends it.
func (h *listener) stop() {
	if h.end != nil {
		h.end()
		<-h.done
	}
	h.hangUp()
}

func (h *listener) hangUp() {
	hangUp(h.pg)
	h.pg = nil
}

// hangUp gives up a connection on which nothing is left to say.
func hangUp(pg *pgx.Conn) {
	if pg == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = pg.Close(ctx) // what it had goes with it, however it ends
}
