//go:build unix

// Bench compares this module with other WebSocket libraries and with plain TCP: the CPU time that a client uses for a message,
// its allocations, its write calls, the memory of idle connections, and what it costs to set one up.
//
// It starts two servers of its own, and then each client in each scenario as a process of its own, one after the other, round
// after round, so that a machine that grows slower or faster meanwhile does so for all.
//
//	bench                       all of it, about 15 minutes; -o FILE writes the tables to a file too
//	bench -short                some of it, in less than two minutes
//	bench -only TEXT            the scenarios whose names contain it
//	bench -browser              the same in a browser, with WebAssembly against JavaScript: about an hour; with the flags above
//	bench -browser -tree DIR    with columns for ours compiled from another folder, named by its last part, or by NAME=DIR
//
// It needs Unix, and counts write calls on Linux only. With -browser it has to be run in its source's folder: it compiles the pages.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	short := flag.Bool("short", false, "measure less, in less than two minutes")
	file := flag.String("o", "", "write the tables to this `file` too")
	only := flag.String("only", "", "measure only the scenarios whose names contain this `text`")
	serve := flag.Bool("serve", false, "be a server until the standard input ends; for bench's own use")
	coalesce := flag.Bool("coalesce", false, "with -serve: answer all that one read brought in one write")
	one := flag.Bool("one", false, "measure the scenario, the client and the effort that the standard input says; for bench's own use")
	inBrowser := flag.Bool("browser", false, "measure pages in a browser")
	var others trees
	flag.Var(&others, "tree", "with -browser: measure this module as it is in the folder [NAME=]`DIR` too; may be repeated")
	flag.Parse()

	var err error
	switch {
	case *inBrowser:
		p := newBrowserPlan(*short, *only, others)
		if err = some(p.scenarios, *only); err == nil {
			err = compareInBrowser(p, *file)
		}
	case *serve:
		err = serveUntilEOF(*coalesce)
	case *one:
		err = measureOne(os.Stdin, os.Stdout)
	default:
		p := newPlan(*short, *only)
		if err = some(p.scenarios, *only); err == nil {
			err = compare(p, *file)
		}
	}
	if err != nil {
		log.Fatal(err)
	}
}

// some returns an error if there is nothing to measure.
func some(list []scenario, only string) error {
	if len(list) == 0 {
		return fmt.Errorf("got -only %q, want a part of a scenario's name, such as %q; -short does not have them all", only, "echo 16 B")
	}
	return nil
}

// serveUntilEOF tells its address on the standard output.
func serveUntilEOF(coalesce bool) error {
	s, err := newServer(coalesce)
	if err != nil {
		return err
	}
	fmt.Println(s.address())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return s.serve()
}

// order is what a process that measures is told.
type order struct {
	Scenario, Client string
	Effort           effort
}

func measureOne(in io.Reader, out io.Writer) error {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	r, err := o.carryOut()
	if err != nil {
		return fmt.Errorf("%s, %s: %w", o.Scenario, o.Client, err)
	}
	return json.NewEncoder(out).Encode(r)
}

func (o order) carryOut() (r result, err error) {
	s, ok := findScenario(o.Scenario)
	c, ok2 := find(o.Client)
	if !ok || !ok2 {
		return r, errors.New("there is no such scenario or client")
	}
	r, err = s.measure(s, c, o.Effort)
	var why cannot
	if errors.As(err, &why) {
		return result{Cannot: string(why)}, nil
	}
	return r, err
}
