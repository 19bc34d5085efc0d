//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A plan is what is measured, and how often.
type plan struct {
	scenarios     []scenario
	rounds        int
	notCoalescing int // rounds with the server that does not coalesce
	few           int // rounds of what takes long and varies little
	effort        effort
}

func newPlan(short bool, only string) plan {
	p := plan{rounds: 7, notCoalescing: 5, few: 3, effort: effort{Time: 300 * time.Millisecond, Conns: 5000, Setups: 1000}}
	if short {
		p = plan{rounds: 3, notCoalescing: 1, few: 1, effort: effort{Time: 60 * time.Millisecond, Conns: 1000, Setups: 200}}
	}
	for _, s := range scenarios {
		if strings.Contains(s.name, only) && (s.short || !short) {
			p.scenarios = append(p.scenarios, s)
		}
	}
	return p
}

// cell is where a result belongs.
type cell struct {
	coalesce bool // the server does
	scenario string
	client   string
}

// results has one result for each round, a failure too.
type results map[cell][]result

// compare carries out a plan and writes the tables.
func compare(p plan, file string) error {
	start := time.Now()
	machine := describeMachine() // now, for its load
	all := results{}
	for _, coalesce := range []bool{true, false} {
		if err := p.measure(coalesce, all); err != nil {
			return err
		}
	}
	report := report{plan: p, results: all, machine: machine, took: time.Since(start)}.String()
	if file != "" {
		if err := os.WriteFile(file, []byte(report), 0o666); err != nil {
			return err
		}
	}
	_, err := io.WriteString(os.Stdout, report)
	return err
}

// measure carries out all rounds with one kind of server.
func (p plan) measure(coalesce bool, all results) error {
	address, stop, err := startServerProcess(coalesce)
	if err != nil {
		return err
	}
	defer stop()
	p.effort.Address = address
	rounds := p.rounds
	if !coalesce {
		rounds = p.notCoalescing
	}
	for round := range rounds {
		log.Printf("server coalescing: %t; round %d of %d", coalesce, round+1, rounds)
		p.round(round, coalesce, all)
	}
	return nil
}

// round measures each client in each scenario once, beginning with another client each time.
func (p plan) round(round int, coalesce bool, all results) {
	for _, s := range p.scenarios {
		if !coalesce && !s.coalescingMatters() || s.few && round >= p.few {
			continue
		}
		for i := range clients {
			if c := clients[(i+round)%len(clients)]; s.has(c) {
				at := cell{coalesce, s.name, c.String()}
				all[at] = append(all[at], measureInProcess(order{s.name, c.String(), p.effort}))
			}
		}
	}
}

// measureInProcess has an order carried out by a process of its own. A failure is reported in the results: it must not cost
// those of all the others.
func measureInProcess(o order) result {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	in, err := json.Marshal(o)
	if err != nil {
		return failed(o, err)
	}
	cmd, err := self(ctx, "-one")
	if err != nil {
		return failed(o, err)
	}
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		return failed(o, err)
	}
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		return failed(o, err)
	}
	return r
}

func failed(o order, err error) result {
	log.Printf("%s, %s: %v", o.Scenario, o.Client, err)
	return result{Cannot: "it failed: " + err.Error()}
}

// self is this program with other flags.
func self(ctx context.Context, flags ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, flags...)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// startServerProcess starts a server, which ends when stop is called, or with this process.
func startServerProcess(coalesce bool) (address string, stop func(), err error) {
	cmd, err := self(context.Background(), "-serve", fmt.Sprintf("-coalesce=%t", coalesce))
	if err != nil {
		return "", nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		in.Close()
		cmd.Wait()
	}
	if address, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		stop()
		return "", nil, fmt.Errorf("the server did not tell its address: %w", err)
	}
	return strings.TrimSpace(address), stop, nil
}
