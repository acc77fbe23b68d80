package main

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/scim-bridge/scim-bridge/bridge"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/store/postgres"
)

// listen checks an address to listen on.
func (c *checker) listen(at, value string) string {
	if c.bad(at) {
		return ""
	}
	host, port, err := net.SplitHostPort(value)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		c.problem(at, "%q is wrong, want HOST:PORT such as 127.0.0.1:8080", value)
		return ""
	}
	if !isLoopback(host) {
		c.warn(at, "%s is not a loopback address and the bridge speaks plain http, put something in front that ends TLS", value)
	}
	return value
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// baseURL checks what Location begins with.
func (c *checker) baseURL(at, value string) string {
	if value == "" {
		return ""
	}
	return c.url(at, value, "https://scim.example.com")
}

// url checks an absolute URL without query, and returns it without the slash
// at its end.
func (c *checker) url(at, value, example string) string {
	if c.bad(at) {
		return ""
	}
	u, err := url.Parse(value)
	switch {
	case err == nil && u.User != nil:
		// Not shown: there is a password in it.
		c.problem(at, "holds a user name, want one without, such as %s", example)
		return ""
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", u.RawQuery != "", u.Fragment != "":
		c.problem(at, "%q is wrong, want an absolute URL such as %s", value, example)
		return ""
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		c.problem(at, "%q is not encrypted, want https, or http with a loopback address", value)
		return ""
	}
	return strings.TrimRight(value, "/")
}

// proxies checks networks and addresses.
func (c *checker) proxies(at string, values []string) []netip.Prefix {
	var all []netip.Prefix
	for i, value := range values {
		p, err := netip.ParsePrefix(value)
		if err != nil {
			var ip netip.Addr
			if ip, err = netip.ParseAddr(value); err == nil {
				p = netip.PrefixFrom(ip, ip.BitLen())
			}
		}
		if at := index(at, i); err != nil && !c.bad(at) {
			c.problem(at, "%q is wrong, want a network such as 10.0.0.0/8 or an address", value)
		} else if err == nil {
			all = append(all, p.Masked())
		}
	}
	return all
}

// store reads which database is meant.
func (c *checker) store(at, value string) database {
	if c.bad(at) {
		return database{}
	}
	scheme, _, _ := strings.Cut(value, ":")
	if scheme == "postgres" || scheme == "postgresql" {
		if err := postgres.Validate(value); err != nil {
			c.problem(at, "%v", err) // which does not show the value: there may be a password in it
		}
		return database{url: value}
	}
	file, ok := strings.CutPrefix(value, "sqlite:")
	d := database{file: file}
	switch {
	case !ok || file == "" || strings.HasPrefix(file, "//") || strings.HasPrefix(file, ":"):
		c.problem(at, "%q is wrong, want sqlite:PATH such as sqlite:bridge.db, or postgres://user@host/database", value)
	case len(d.socket()) > bridge.MaxSocketPath:
		c.problem(at, "the path has %d bytes, want at most %d, since a socket for status and release is made beside the file",
			len(file), bridge.MaxSocketPath-len(database{}.socket()))
	}
	return d
}

// journal checks how much of the past is kept.
func (c *checker) journal(at string, j fileJournal) bridge.Journal {
	if j.Keep <= 0 && !c.bad(join(at, "keep")) {
		c.problem(join(at, "keep"), "%s is out of range, want more than 0", j.Keep)
	}
	if j.MaxLines <= 0 && !c.bad(join(at, "max_lines")) {
		c.problem(join(at, "max_lines"), "%d is out of range, want more than 0", j.MaxLines)
	}
	return bridge.Journal{Keep: j.Keep, MaxLines: j.MaxLines}
}

// oneOf checks a word.
func (c *checker) oneOf(at, value string, words ...string) string {
	if !slices.Contains(words, value) && !c.bad(at) {
		c.problem(at, "%q is wrong, want %s", value, either(words))
	}
	return value
}

// either lists words as prose does.
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// within checks a number.
func (c *checker) within(at string, value, low, high int) int {
	if (value < low || value > high) && !c.bad(at) {
		c.problem(at, "%d is out of range, want %d to %d", value, low, high)
	}
	return value
}

// rate checks a number of calls a minute against what Adobe documents.
func (c *checker) rate(at string, value, documented int) int {
	switch {
	case value < 0:
		c.problem(at, "%d is out of range, want 0 or more", value)
	case value == 0:
		c.warn(at, "0 is no limit at all: against Adobe that ends in a lock-out, it is meant for the emulator")
	case value > documented:
		c.warn(at, "%d is above the %d that Adobe documents: calls will be refused unless yours was raised", value, documented)
	}
	return value
}

// required checks that a value is there and looks as it must.
func (c *checker) required(at, value string, pattern *regexp.Regexp, want string) string {
	switch {
	case c.bad(at):
	case value == "":
		c.problem(at, "is missing, want %s", want)
	case !pattern.MatchString(value):
		c.problem(at, "%q is wrong, want %s", value, want)
	}
	return value
}

// brake checks the bounds of one brake.
func (c *checker) brake(at string, b dispatch.Brake) *dispatch.Brake {
	if b.Count < 0 {
		c.problem(join(at, "count"), "%d is out of range, want 0 or more", b.Count)
	}
	c.within(join(at, "percent"), b.Percent, 0, 100)
	if b.Window <= 0 && !c.bad(join(at, "window")) {
		c.problem(join(at, "window"), "%s is out of range, want more than 0", b.Window)
	}
	return &b
}

func index(at string, i int) string { return at + "[" + strconv.Itoa(i) + "]" }
