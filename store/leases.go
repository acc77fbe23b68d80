package store

import (
	"context"
	"time"

	"github.com/scim-bridge/scim-bridge/store/lease"
)

// Leases say which process dispatches which org. A database may have several
// processes; all of them serve SCIM, and each org is dispatched by one at a time.
type Leases interface {
	// Lease waits until no other process dispatches an org, and returns the right
	// to do so, with a token greater than any before. A process that asks for what
	// it has gets a new lease, and loses the one before. It returns the error of ctx
	// if that ends first.
	Lease(ctx context.Context, org string) (*lease.Lease, error)
	// EndLease gives a lease back, so that another process need not wait until it
	// ends. One that is lost already is none to give back, which is no error.
	EndLease(ctx context.Context, l *lease.Lease) error
	// Announce tells other processes by what configuration this one works: a digest
	// for each org. It replaces what was announced before.
	Announce(ctx context.Context, configs map[string]string) error
	// Replicas are the processes that have the database open, and those that had it
	// until lately and did not say goodbye, in order of their beginning.
	Replicas(ctx context.Context) ([]Replica, error)
}

// Replica is a process that has the database open.
type Replica struct {
	// ID tells it from all others, Name is for people: its host and process id.
	ID, Name string
	// Started is when it opened the database, Seen when it last said that it is
	// there, by the clock of the database.
	Started, Seen time.Time
	// Gone is set if it did not say so when it should have.
	Gone bool
	// Here is set for the process that asks.
	Here bool
	// Configs are what it announced.
	Configs map[string]string
	// Dispatches are the orgs that it has the lease of, each since when.
	Dispatches map[string]time.Time
}
