package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
)

// fingerprint is the SHA-256, in hex, of what decides whether a command fails:
// as long as it is the same, what failed would fail again. Limits that are left
// out are those that are meant.
func (c Config) fingerprint() (string, error) {
	text, err := json.Marshal(struct {
		Target string
		Rules  mapping.Rules
		Limits plan.Limits
	}{c.Target, c.Rules, c.Limits.OrDefaults()})
	if err != nil {
		return "", fmt.Errorf("tell the configuration from the last one: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// groupRules tells rules for groups from others, empty for none.
func (c Config) groupRules() (string, error) {
	if len(c.Rules.Groups) == 0 {
		return "", nil
	}
	text, err := json.Marshal(c.Rules.Groups)
	if err != nil {
		return "", fmt.Errorf("tell the rules for groups from the last ones: %w", err)
	}
	return string(text), nil
}

// configure wakes what failed under another configuration, and has groups that were
// mapped by other rules looked at.
func (d *Dispatcher) configure(ctx context.Context, now time.Time) error {
	fingerprint, err := d.cfg.fingerprint()
	if err != nil {
		return err
	}
	rules, err := d.cfg.groupRules()
	if err != nil {
		return err
	}
	woken, err := d.store.Configure(ctx, d.lease, fingerprint, rules, now)
	if err != nil {
		return err
	}
	if woken > 0 {
		d.log.Info("the configuration is new: what failed under the last one is tried again", "woken", woken)
	}
	return nil
}
