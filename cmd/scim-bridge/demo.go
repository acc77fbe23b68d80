package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/morning"
)

// demo is one run of the command.
type demo struct {
	env        environment
	size       morning.Size
	seed       uint64
	keep, json bool
	latency    time.Duration
	patience   time.Duration
	// beforeCheck, unless nil, may spoil things: tests prove the check with it.
	beforeCheck func(context.Context, *demoWorld) error
}

func newDemoCommand(env environment) *cobra.Command {
	return (&demo{env: env, size: morning.Full}).command()
}

func (d *demo) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play an identity provider's morning against a bridge and an emulated Adobe, and check the result",
		Long: `Starts a bridge and an emulator of Adobe's User Management API in this process,
plays the morning of two identity providers against them over HTTP, waits until
Adobe has followed, and compares every user, group and membership with what was
said. It needs no configuration and no network, and leaves nothing behind.

It ends with 0 only if everything is equal.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.Uint64Var(&d.seed, "seed", 1, "who is in the morning and what happens to them")
	f.BoolVar(&d.keep, "keep", false, "leave bridge and emulator running and say how to try them")
	f.BoolVar(&d.json, "json", false, "print the result as JSON")
	f.DurationVar(&d.latency, "latency", 100*time.Millisecond, "how long the emulator takes to answer an action call; Adobe takes about a second")
	f.DurationVar(&d.patience, "patience", time.Minute, "how long to wait for Adobe to follow")
	return cmd
}

// run starts both sides, plays, checks, and stops both sides again.
func (d *demo) run(ctx context.Context) (err error) {
	w, err := newDemoWorld(ctx, d.latency)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() { err = errors.Join(err, w.close()) }()
	running, stop := context.WithCancel(ctx)
	defer stop()
	parts, running := errgroup.WithContext(running)
	parts.Go(func() error { return w.bridge.Run(running) })
	parts.Go(func() error {
		defer stop()
		return d.morning(running, w)
	})
	return parts.Wait()
}

// morning plays, waits, checks and prints.
func (d *demo) morning(ctx context.Context, w *demoWorld) error {
	show := newDemoProgress(d.env.Stderr, morning.Work(d.seed, d.size))
	said, err := morning.Play(ctx, morning.Config{
		BaseURL: w.scimURL(), OktaToken: w.oktaToken, EntraToken: w.entraToken,
		Seed: d.seed, Size: d.size, Progress: show.played,
	})
	if err != nil {
		show.end()
		return fmt.Errorf("demo: %w", err)
	}
	status, waited, err := w.wait(ctx, d.patience, show.due)
	show.end()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if d.beforeCheck != nil {
		if err := d.beforeCheck(ctx, w); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	report := newDemoReport(d.seed, said, w.emulator, status, waited)
	report.whole = "scim-bridge " + strings.Join(d.env.Args, " ") + " --json"
	if err := d.print(report); err != nil {
		return fmt.Errorf("demo: print the result: %w", err)
	}
	if d.keep && ctx.Err() == nil {
		fmt.Fprint(d.env.Stdout, w.invitation())
		<-ctx.Done()
	}
	return report.verdict()
}
