package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

type faultsBody struct {
	Seed   uint64                `json:"seed"`
	Faults []emulator.ArmedFault `json:"faults"`
}

func (p *port) faults(*http.Request) (any, error) {
	return faultsBody{p.emulator.Seed(), p.emulator.Faults()}, nil
}

func (p *port) inject(r *http.Request) (any, error) {
	var body json.RawMessage
	if err := Decode(r.Body, &body); err != nil {
		return nil, err
	}
	elements := []json.RawMessage{body}
	if body[0] == '[' {
		if err := json.Unmarshal(body, &elements); err != nil {
			return nil, plain(err)
		}
	}
	faults := make([]emulator.Fault, len(elements))
	var problems []error
	for i, raw := range elements {
		err := Decode(bytes.NewReader(raw), &faults[i])
		if string(raw) == "null" {
			err = errors.New("want an object, got null")
		}
		if err != nil && len(elements) > 1 {
			err = fmt.Errorf("fault %d: %w", i, err)
		}
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if err := p.emulator.Inject(faults...); err != nil {
		return nil, err
	}
	return p.faults(r)
}

func (p *port) clearFaults(*http.Request) (any, error) {
	p.emulator.ClearFaults()
	return nil, nil
}

type clockBody struct {
	Now time.Time `json:"now"`
}

func (p *port) clock(*http.Request) (any, error) {
	return clockBody{p.emulator.Now().UTC()}, nil
}

func (p *port) advance(r *http.Request) (any, error) {
	var body struct {
		Advance string `json:"advance"`
	}
	if err := Decode(r.Body, &body); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(body.Advance)
	if err != nil || d <= 0 {
		return nil, fmt.Errorf("advance: %q is not a duration above 0, such as 75m or 24h", body.Advance)
	}
	p.emulator.Advance(d)
	return p.clock(r)
}

type ledgerBody struct {
	Seed    uint64           `json:"seed"`
	Entries []emulator.Entry `json:"entries"`
}

func (p *port) ledger(r *http.Request) (any, error) {
	var after uint64
	var unexpected bool
	var problems []error
	for name, values := range r.URL.Query() {
		var err error
		switch name {
		case "after":
			if after, err = strconv.ParseUint(values[0], 10, 64); err != nil {
				err = fmt.Errorf("after: %q is not the seq of an entry", values[0])
			}
		case "unexpected":
			if unexpected, err = strconv.ParseBool(values[0]); err != nil {
				err = fmt.Errorf("unexpected: %q is not true or false", values[0])
			}
		default:
			err = fmt.Errorf("there is no parameter %q, only after and unexpected", name)
		}
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	body := ledgerBody{p.emulator.Seed(), []emulator.Entry{}}
	for _, e := range p.emulator.Ledger() {
		if e.Seq > after && (!unexpected || e.Unexpected != "") {
			body.Entries = append(body.Entries, e)
		}
	}
	return body, nil
}

func (p *port) clearLedger(*http.Request) (any, error) {
	p.emulator.ClearLedger()
	return nil, nil
}

func (p *port) switches(*http.Request) (any, error) { return p.emulator.Switches(), nil }

func (p *port) mergeSwitches(r *http.Request) (any, error) {
	var patch json.RawMessage
	if err := Decode(r.Body, &patch); err != nil {
		return nil, err
	}
	p.merging.Lock()
	defer p.merging.Unlock()
	s := p.emulator.Switches()
	if err := Decode(bytes.NewReader(patch), &s); err != nil {
		return nil, err
	}
	if err := p.emulator.SetSwitches(s); err != nil {
		return nil, err
	}
	return s, nil
}

func (p *port) state(*http.Request) (any, error) { return p.emulator.State(), nil }

func (p *port) load(r *http.Request) (any, error) {
	var s emulator.State
	if err := Decode(r.Body, &s); err != nil {
		return nil, err
	}
	if err := p.emulator.Load(s); err != nil {
		return nil, err
	}
	return p.state(r)
}

func (p *port) revokeTokens(*http.Request) (any, error) {
	p.emulator.RevokeTokens()
	return nil, nil
}

type presetBody struct {
	Preset string `json:"preset"`
	Seed   uint64 `json:"seed"`
}

func (p *port) preset(*http.Request) (any, error) {
	return presetBody{p.emulator.Preset().String(), p.emulator.Seed()}, nil
}

func (p *port) setPreset(r *http.Request) (any, error) {
	var body struct {
		Preset string `json:"preset"`
	}
	if err := Decode(r.Body, &body); err != nil {
		return nil, err
	}
	if body.Preset == "" {
		return nil, errors.New("preset: is missing; want calm, rude or hostile")
	}
	preset, err := emulator.ParsePreset(body.Preset)
	if err != nil {
		return nil, err
	}
	if err := p.emulator.SetPreset(preset); err != nil {
		return nil, err
	}
	return p.preset(r)
}
