package killtest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
)

// database is where the program keeps what it was told.
type database interface {
	// store is what a configuration names it.
	store(t *testing.T) string
	// mayBeUnsure reports whether what a write answered with 503 became of may be
	// unknown: where a database is at the other end of a network.
	mayBeUnsure() bool
	// forget has it not wait for what a process had that was killed, and returns when
	// nothing of that is under way.
	forget(t *testing.T)
	// troubles are the moments of a kill that come after a trouble of the database's
	// own.
	troubles() []string
	// trouble has it, with one replica running, and returns when it is over.
	trouble(t *testing.T, moment string, chance *rand.Rand)
}

// file is a SQLite file.
type file struct{}

func (file) store(*testing.T) string { return "sqlite:bridge.db" }

func (file) forget(*testing.T) {}

func (file) mayBeUnsure() bool { return false }

func (file) troubles() []string { return nil }

func (file) trouble(*testing.T, string, *rand.Rand) {}

// The troubles of a server.
const (
	crashed = "database crashed"  // and was started again
	hungUp  = "connections ended" // by the server
	cutOff  = "network cut"       // and whole again: what was sent meanwhile arrives late
)

// server is a PostgreSQL server, with a network before it for each replica.
type server struct {
	*postgrestest.Server
	networks []*postgrestest.Proxy
}

func newServer(t *testing.T) *server { return &server{Server: postgrestest.NewServer(t)} }

func (s *server) store(t *testing.T) string {
	network := postgrestest.NewProxy(t, s.URL())
	s.networks = append(s.networks, network)
	return network.URL()
}

// forget ends leases, which else last for longer than most of the processes here.
func (s *server) forget(t *testing.T) {
	s.settle(t)
	require.NoError(t, s.Exec("UPDATE leases SET holder = '', expires = 0"))
}

func (*server) mayBeUnsure() bool { return true }

func (s *server) troubles() []string { return []string{crashed, hungUp, cutOff} }

func (s *server) trouble(t *testing.T, moment string, chance *rand.Rand) {
	pause := func(most int) { time.Sleep(time.Duration(chance.IntN(most)) * time.Millisecond) }
	pause(300)
	switch moment {
	case crashed:
		s.Crash()
		pause(300)
		require.NoError(t, s.Start())
	case hungUp:
		for range 1 + chance.IntN(5) {
			require.NoError(t, s.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scim-bridge'`))
			pause(100)
		}
	case cutOff:
		s.networks[0].Cut()
		pause(1500)
		s.networks[0].Mend()
	}
	s.settle(t)
}

// settle waits until no transaction is left that was begun before: what is not
// there then will not come.
func (s *server) settle(t *testing.T) {
	c, err := pgx.Connect(t.Context(), s.URL())
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close(t.Context())) }()
	var now time.Time
	require.NoError(t, c.QueryRow(t.Context(), "SELECT now()").Scan(&now))
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var n int
		require.NoError(t, c.QueryRow(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'scim-bridge' AND xact_start < $1", now).Scan(&n))
		if n == 0 {
			return
		}
		require.True(t, time.Now().Before(deadline), "%d transactions do not end", n)
	}
}
