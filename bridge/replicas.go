package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/store"
)

// Replica is a process that has the database open.
type Replica struct {
	// Name is its host and process id.
	Name string `json:"name"`
	// Here is set for the one that answers.
	Here bool `json:"here"`
	// Started is when it opened the database, Seen when it last said that it is there.
	Started time.Time `json:"started"`
	Seen    time.Time `json:"seen"`
	// Gone is set if it did not say so when it should have: it was killed, stands still,
	// or cannot reach the database.
	Gone bool `json:"gone"`
	// Dispatches are the orgs that it sends to Adobe for.
	Dispatches []string `json:"dispatches"`
	// Differs are the orgs that it is configured for in another way than the one that
	// answers, or not at all.
	Differs []string `json:"differs"`
}

// OrgDispatcher is the replica that dispatches an org.
type OrgDispatcher struct {
	Replica string    `json:"replica"`
	Here    bool      `json:"here"`
	Since   time.Time `json:"since"`
}

// replicasOf says of each process what concerns some orgs.
func replicasOf(all []store.Replica, orgs []adminOrg) []Replica {
	var here store.Replica
	for _, r := range all {
		if r.Here {
			here = r
		}
	}
	out := make([]Replica, 0, len(all))
	for _, r := range all {
		one := Replica{
			Name: r.Name, Here: r.Here, Started: r.Started, Seen: r.Seen, Gone: r.Gone, Dispatches: []string{}, Differs: []string{},
		}
		for _, o := range orgs {
			if _, ok := r.Dispatches[o.name]; ok {
				one.Dispatches = append(one.Dispatches, o.name)
			}
			if !r.Gone && r.Configs[o.name] != here.Configs[o.name] {
				one.Differs = append(one.Differs, o.name)
			}
		}
		out = append(out, one)
	}
	return out
}

// dispatcherOf is who dispatches an org, nil for nobody.
func dispatcherOf(all []store.Replica, org string) *OrgDispatcher {
	i := slices.IndexFunc(all, func(r store.Replica) bool { return !r.Dispatches[org].IsZero() })
	if i < 0 {
		return nil
	}
	return &OrgDispatcher{Replica: all[i].Name, Here: all[i].Here, Since: all[i].Dispatches[org]}
}

// digests tell the configuration of each org from another one. What is no matter for
// what happens, such as where logs go, is not in them.
func digests(cfg Config) (map[string]string, error) {
	served := map[string]scim.Org{}
	for _, o := range cfg.SCIM.Orgs {
		served[o.Name] = o
	}
	out := map[string]string{}
	for _, o := range cfg.Orgs {
		d := o.Dispatch
		text, err := json.Marshal(struct {
			SCIM            scim.Org
			Target          string
			Rules           mapping.Rules
			Limits          plan.Limits
			Actions, Reads  int
			Brakes          dispatch.Brakes
			CallTimeout     time.Duration
			Keep            time.Duration
			MaxLines        int
			BaseURL, ImsURL string
		}{
			served[d.Org], target(o.Adobe), d.Rules, d.Limits.OrDefaults(), d.ActionsPerMinute, d.ReadsPerMinute, d.Brakes,
			d.CallTimeout, cfg.Journal.Keep, cfg.Journal.MaxLines, cfg.SCIM.BaseURL, o.Adobe.IMSURL,
		})
		if err != nil {
			return nil, fmt.Errorf("org %s: tell its configuration from others: %w", d.Org, err)
		}
		sum := sha256.Sum256(text)
		out[d.Org] = hex.EncodeToString(sum[:])
	}
	return out, nil
}

// announce tells other replicas by what configuration this one works. A store that
// cannot be told now is told with its next sign of life.
func (b *Bridge) announce(ctx context.Context) error {
	if err := b.store.Announce(ctx, b.digests); err != nil && ctx.Err() == nil {
		b.log.Warn("other replicas are told of this configuration later", "err", err)
	}
	return nil
}
