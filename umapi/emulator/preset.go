package emulator

import (
	"cmp"
	"fmt"
	"time"
)

// Preset is how an emulator behaves from its start: readings, a read lag and
// faults. Whatever it is, a request that is repeated sensibly succeeds.
type Preset string

// The presets.
const (
	PresetCalm    Preset = ""        // as documented, and nothing goes wrong
	PresetRude    Preset = "rude"    // what every service does now and then
	PresetHostile Preset = "hostile" // everything that was ever seen, all day long
)

// presettable is what a preset sets, beside faults.
type presettable struct {
	switches Switches
	readLag  time.Duration
}

// The read lags of the presets.
const (
	rudeReadLag    = 5 * time.Second
	hostileReadLag = time.Minute
)

// ParsePreset reads the name of a preset. That of [PresetCalm] is "calm", or
// nothing.
func ParsePreset(name string) (Preset, error) {
	switch p := Preset(name); p {
	case PresetCalm, PresetRude, PresetHostile:
		return p, nil
	case "calm":
		return PresetCalm, nil
	}
	return "", fmt.Errorf("preset %q is unknown, want calm, rude or hostile", name)
}

// String returns the name of p.
func (p Preset) String() string { return cmp.Or(string(p), "calm") }

// over returns what is in force with p: what given says, and what p says where
// that leaves the default.
func (p Preset) over(given presettable) presettable {
	s := &given.switches
	switch p {
	case PresetRude:
		s.ListOrder = cmp.Or(s.ListOrder, OrderPerListing)
		given.readLag = cmp.Or(given.readLag, rudeReadLag)
	case PresetHostile:
		s.ListOrder = cmp.Or(s.ListOrder, OrderPerPage)
		s.ContinueAfterFailedCreate = true
		s.SkipBadEntries = true
		s.MissingGroupTypes = true
		given.readLag = cmp.Or(given.readLag, hostileReadLag)
	default:
		return given
	}
	s.ShuffleCommands = true
	s.UnstableGroupOrder = true
	s.UpperCaseUsernames = true
	return given
}

// faults returns what p arms.
func (p Preset) faults() []Fault {
	switch p {
	case PresetRude:
		return rudeFaults()
	case PresetHostile:
		return hostileFaults()
	}
	return nil
}

// Preset returns the preset in force.
func (e *Emulator) Preset() Preset {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.preset
}

// SetPreset puts p in force as [New] would have: the readings and the read lag
// of the configuration and of p, and the faults of p alone. What was switched
// and injected since is gone; the organisation stays as it is. Its error says
// that p is unknown; then nothing changes.
func (e *Emulator) SetPreset(p Preset) error {
	p, err := ParsePreset(string(p))
	if err != nil {
		return err
	}
	armed, err := arm(p.faults())
	if err != nil {
		return fmt.Errorf("preset %s: %w", p, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.preset, e.faults = p, armed
	now := p.over(e.given)
	e.cfg.Switches, e.cfg.ReadLag = now.switches, now.readLag
	return nil
}
