package postgres

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

const (
	// forgetAfter is how long a replica is remembered that did not say goodbye.
	forgetAfter = time.Hour

	putReplica = `
		INSERT INTO replicas (id, name, started, seen, configs) VALUES ($1, $2, clock(), clock(), $3)
		ON CONFLICT (id) DO UPDATE SET seen = clock(), configs = excluded.configs`

	// One that is there again, after as long, holds its row. After an outage all are:
	// who waited for another could be waited for by it.
	forgetReplicas = `
		DELETE FROM replicas WHERE id IN (
			SELECT id FROM replicas WHERE seen < clock() - $1::bigint FOR UPDATE SKIP LOCKED)`

	// It renews what nobody took meanwhile, also what has ended; nothing for a release
	// that may no longer write. What somebody is taking just now has ended, and is not
	// waited for: they may be taking several.
	renewLeases = `
		UPDATE leases l SET expires = clock() + $2
		FROM (
			SELECT l.org FROM leases l JOIN unnest($3::text[], $4::bigint[]) held (org, token) ON l.org = held.org AND l.token = held.token
			WHERE l.holder = $1 AND $5 >= (SELECT oldest FROM bridge)
			FOR UPDATE OF l SKIP LOCKED
		) mine
		WHERE l.org = mine.org
		RETURNING l.org`

	leaveReplica = `DELETE FROM replicas WHERE id = $1`

	leaveLeases = `UPDATE leases SET holder = '', expires = 0 WHERE holder = $1 RETURNING org`
)

// keeper renews the leases of this process and says that it is there, in a session
// of its own, so that neither a long read nor a long write makes it late.
type keeper struct {
	connect func(ctx context.Context) (*pgx.Conn, error)
	heard   *listener
	log     *slog.Logger
	name    string // of this process, for people
	known   int64  // up to which number it knows the tables

	talk sync.Mutex // held while the session is used
	pg   *pgx.Conn  // nil until it is needed

	mu      sync.Mutex // guards what is below
	held    map[string]*lease.Lease
	freed   map[string]chan struct{} // closed when a lease may be free
	configs map[string]string

	end  context.CancelFunc
	done chan struct{}
}

func newKeeper(connect func(context.Context) (*pgx.Conn, error), heard *listener, known int64, log *slog.Logger) *keeper {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &keeper{
		connect: connect, heard: heard, known: known, log: log, name: host + "/" + strconv.Itoa(os.Getpid()),
		held: make(map[string]*lease.Lease), freed: make(map[string]chan struct{}), configs: make(map[string]string),
	}
}

// took has a lease renewed from here on. The one before is lost.
func (k *keeper) took(l *lease.Lease) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if last, ok := k.held[l.Org]; ok {
		last.Lose()
	}
	k.held[l.Org] = l
}

// lost has a lease renewed no longer.
func (k *keeper) lost(l *lease.Lease) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held[l.Org] == l {
		delete(k.held, l.Org)
	}
}

// free returns a channel that is closed when the lease of an org may be free.
func (k *keeper) free(org string) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.freed[org]
	if !ok {
		c = make(chan struct{})
		k.freed[org] = c
	}
	return c
}

// tell tells those who wait for the lease of an org that it may be free.
func (k *keeper) tell(org string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.freed[org]; ok {
		close(c)
		delete(k.freed, org)
	}
}

// tellAll tells all who wait for one.
func (k *keeper) tellAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.freed {
		close(c)
	}
	clear(k.freed)
}

// start renews until stop.
func (k *keeper) start() {
	ctx, cancel := context.WithCancel(context.Background())
	k.end, k.done = cancel, make(chan struct{})
	go func() {
		defer close(k.done)
		trouble := false
		for tick := time.NewTicker(renewEvery); ; {
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
				return
			}
			err := k.renew(ctx)
			switch {
			case ctx.Err() != nil:
			case err != nil && !trouble:
				k.log.Warn("leases cannot be renewed: nothing is sent to Adobe once they have ended", "err", oneLine(advise(err)))
			case err == nil && trouble:
				k.log.Info("leases are renewed again")
			}
			trouble = err != nil
		}
	}()
}

// renew says that this process is there, and renews its leases. Those that another
// has taken are lost.
func (k *keeper) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, renewEvery)
	defer cancel()
	k.talk.Lock()
	defer k.talk.Unlock()
	k.mu.Lock()
	mine, configs := maps.Clone(k.held), maps.Clone(k.configs)
	k.mu.Unlock()
	c, err := k.session(ctx)
	if err != nil {
		return err
	}
	var orgs []string
	var tokens []int64
	for org, l := range mine {
		orgs, tokens = append(orgs, org), append(tokens, l.Token)
	}
	text, err := json.Marshal(configs)
	if err != nil {
		return err
	}
	asked := time.Now()
	c.Later(putReplica, k.heard.id, k.name, string(text))
	c.Later(forgetReplicas, forgetAfter.Microseconds())
	renewed, err := orgsOf(ctx, c, renewLeases, k.heard.id, leaseFor.Microseconds(), orgs, tokens, k.known)
	if err != nil {
		hangUp(k.pg) // another connection may come to a server that writes
		k.pg = nil
		return err
	}
	for _, org := range renewed {
		mine[org].Until(asked.Add(leaseFor - leaseMargin))
		delete(mine, org)
	}
	for _, l := range mine {
		l.Lose()
		k.lost(l)
	}
	return nil
}

// announce says at once by what configuration this process works.
func (k *keeper) announce(ctx context.Context, configs map[string]string) error {
	k.mu.Lock()
	k.configs = maps.Clone(configs)
	k.mu.Unlock()
	return k.renew(ctx)
}

// session is a connection that works.
func (k *keeper) session(ctx context.Context) (*conn, error) {
	if k.pg == nil || k.pg.IsClosed() {
		pg, err := k.connect(ctx)
		if err != nil {
			return nil, err
		}
		k.pg = pg
	}
	return &conn{c: k.pg}, nil
}

// stop says goodbye: what this process dispatches others may.
func (k *keeper) stop() {
	if k.end != nil {
		k.end()
		<-k.done
		k.leave()
	}
	k.talk.Lock()
	defer k.talk.Unlock()
	hangUp(k.pg)
	k.pg = nil
}

func (k *keeper) leave() {
	k.mu.Lock()
	for _, l := range k.held {
		l.Lose()
	}
	clear(k.held)
	k.mu.Unlock()
	k.talk.Lock()
	defer k.talk.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c, err := k.session(ctx)
	if err != nil {
		return // they end by themselves
	}
	c.Later(leaveReplica, k.heard.id)
	orgs, err := orgsOf(ctx, c, leaveLeases, k.heard.id)
	for _, org := range orgs {
		c.Later("SELECT pg_notify($1, $2)", k.heard.channel, k.heard.message(saidFree, org))
	}
	if err == nil {
		err = c.flush(ctx)
	}
	if err != nil {
		k.log.Warn("say goodbye to other processes", "err", oneLine(err))
	}
}

// orgsOf returns the rows of a statement, which are names of orgs.
func orgsOf(ctx context.Context, c *conn, query string, args ...any) ([]string, error) {
	var all []string
	err := c.Each(ctx, query, args, func(row relational.Scanner) error {
		var org string
		err := row.Scan(&org)
		all = append(all, org)
		return err
	})
	return all, err
}
