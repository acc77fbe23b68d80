package morning

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Config says against what the morning is played.
type Config struct {
	BaseURL string // of the SCIM service, as an administrator would enter it
	// OktaToken and EntraToken are the bearer tokens of the two providers.
	OktaToken, EntraToken string
	Seed                  uint64
	Size                  Size
	// Connections is how many requests each provider has on the way at once; default 4.
	Connections int
	// Progress, unless nil, is told after each piece of work. It is called by
	// one goroutine at a time.
	Progress func(Progress)
}

// Progress is how far a provider is in one part of the morning.
type Progress struct {
	Provider, Part string
	Done, Total    int // pieces of work of this part
}

// provider is the manner of one identity provider.
type provider interface {
	name() string
	probe(ctx context.Context) error
	join(ctx context.Context, p *person) error
	form(ctx context.Context, t *team) error
	portion() int
	add(ctx context.Context, t *team, members []*person) error
	remove(ctx context.Context, t *team, p *person, turn int) error
	rename(ctx context.Context, r rename) error
	renameTeam(ctx context.Context, t *team, name string) error
	leave(ctx context.Context, p *person, turn int) error
	samples() []Sample
}

// Work is how many pieces of work a morning has, for a progress bar.
func Work(seed uint64, size Size) int {
	n := 0
	okta, entra := newScripts(seed, size)
	for _, s := range []*script{okta, entra} {
		for _, part := range (&player{script: s}).parts() {
			n += part.work
		}
	}
	return n
}

// Play plays the morning and returns what was said. It ends with the first
// request that is not answered as expected, or with ctx.
func Play(ctx context.Context, cfg Config) (*Said, error) {
	if cfg.Connections == 0 {
		cfg.Connections = 4
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * cfg.Connections}
	defer transport.CloseIdleConnections()
	hc := &http.Client{Transport: transport, Timeout: time.Minute}
	oktaScript, entraScript := newScripts(cfg.Seed, cfg.Size)
	var telling sync.Mutex
	players := []*player{
		{provider: newOkta(hc, cfg.BaseURL, cfg.OktaToken), script: oktaScript},
		{provider: newEntra(hc, cfg.BaseURL, cfg.EntraToken), script: entraScript},
	}
	start := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range players {
		g.Go(func() error {
			return p.play(ctx, cfg.Connections, func(now Progress) {
				telling.Lock()
				defer telling.Unlock()
				if cfg.Progress != nil {
					cfg.Progress(now)
				}
			})
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	said := &Said{Took: time.Since(start)}
	for _, p := range players {
		said.add(p)
	}
	return said, nil
}

// player is one provider with what it has to say and what it said.
type player struct {
	provider
	script *script

	mu      sync.Mutex // guards the members of teams and changes
	changes Changes
}

// part is one stretch of the morning. Its pieces have no order among them; the
// parts follow each other.
type part struct {
	name string
	work int
	do   func(ctx context.Context, i int) error
}

func (p *player) parts() []part {
	s := p.script
	return []part{
		{"settings saved", 1, func(ctx context.Context, _ int) error { return p.probe(ctx) }},
		{"joiners", len(s.people), p.sayJoin},
		{"groups pushed", len(s.teams), p.sayTeam},
		{"movers", len(s.moves), p.sayMove},
		{"renames", len(s.renames), p.sayRename},
		{"groups renamed", len(s.teamRenames), p.sayTeamRename},
		{"leavers", len(s.leavers), p.sayLeave},
	}
}

// play says the parts in order, each over several connections.
func (p *player) play(ctx context.Context, connections int, tell func(Progress)) error {
	for _, part := range p.parts() {
		var mu sync.Mutex
		done := 0
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(connections)
		for i := range part.work {
			g.Go(func() error {
				if err := part.do(ctx, i); err != nil {
					return fmt.Errorf("%s: %s: %w", p.name(), part.name, err)
				}
				mu.Lock()
				defer mu.Unlock()
				done++
				tell(Progress{Provider: p.name(), Part: part.name, Done: done, Total: part.work})
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) sayJoin(ctx context.Context, i int) error {
	if err := p.join(ctx, p.script.people[i]); err != nil {
		return err
	}
	p.note(func(c *Changes) { c.Joins++ })
	return nil
}

func (p *player) sayTeam(ctx context.Context, i int) error {
	t := p.script.teams[i]
	if err := p.form(ctx, t); err != nil {
		return err
	}
	p.note(func(c *Changes) { c.Teams++ })
	for rest := t.planned; len(rest) > 0; {
		n := min(p.portion(), len(rest))
		if err := p.add(ctx, t, rest[:n]); err != nil {
			return err
		}
		p.note(func(c *Changes) {
			for _, who := range rest[:n] {
				t.members[who] = true
			}
			c.Memberships += n
		})
		rest = rest[n:]
	}
	return nil
}

func (p *player) sayMove(ctx context.Context, i int) error {
	m := p.script.moves[i]
	if err := p.remove(ctx, m.from, m.who, i); err != nil {
		return err
	}
	if err := p.add(ctx, m.to, []*person{m.who}); err != nil {
		return err
	}
	p.note(func(c *Changes) {
		delete(m.from.members, m.who)
		m.to.members[m.who] = true
		c.Memberships += 2
	})
	return nil
}

func (p *player) sayRename(ctx context.Context, i int) error {
	r := p.script.renames[i]
	if err := p.rename(ctx, r); err != nil {
		return err
	}
	p.note(func(c *Changes) {
		r.who.family, r.who.email = r.family, r.email
		c.Renames++
	})
	return nil
}

func (p *player) sayTeamRename(ctx context.Context, i int) error {
	r := p.script.teamRenames[i]
	if err := p.renameTeam(ctx, r.which, r.name); err != nil {
		return err
	}
	p.note(func(c *Changes) {
		r.which.name = r.name
		c.TeamRenames++
	})
	return nil
}

func (p *player) sayLeave(ctx context.Context, i int) error {
	who := p.script.leavers[i]
	if err := p.leave(ctx, who, i); err != nil {
		return err
	}
	p.note(func(c *Changes) {
		who.active = false
		c.Leaves++
	})
	return nil
}

// note changes the record.
func (p *player) note(change func(*Changes)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.changes)
}
