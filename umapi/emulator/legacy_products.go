package emulator

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
)

// oldProduct is what all product profiles with one product name belong to. The
// organisation holds no products: they follow from its profiles, and one that
// names no product is in none.
type oldProduct struct {
	id       string
	name     string
	profiles []*group // in order of their ids
}

// oldProducts returns the products in order of their first profiles.
func (o *org) oldProducts() []*oldProduct {
	var products []*oldProduct
	byName := map[string]*oldProduct{}
	for g := range o.byID.all() {
		if g.groupType != GroupTypeProductProfile || g.product == "" {
			continue
		}
		p := byName[fold(g.product)]
		if p == nil {
			p = &oldProduct{id: oldProductID(g.product), name: g.product}
			byName[fold(g.product)] = p
			products = append(products, p)
		}
		p.profiles = append(p.profiles, g)
	}
	return products
}

// oldProductID makes up the id of a product. It follows from the name alone, so
// that it is the same in every run.
func oldProductID(name string) string {
	sum := sha256.Sum256([]byte(fold(name)))
	return fmt.Sprintf("RPC-%X", sum[:10])
}

// oldProfileID is the id of a product profile here, which differs from that of
// the group that it is.
func oldProfileID(g *group) string { return "RGRP-" + strconv.FormatInt(g.id, 10) }

// oldProduct finds a product by its id.
func (o *org) oldProduct(id string) *oldProduct {
	for _, p := range o.oldProducts() {
		if p.id == id {
			return p
		}
	}
	return nil
}

// profile finds a profile of p by its id.
func (p *oldProduct) profile(id string) *group {
	for _, g := range p.profiles {
		if oldProfileID(g) == id {
			return g
		}
	}
	return nil
}

// oldProductBody is a product (QueryProducts).
type oldProductBody struct {
	ID                 string `json:"id"`
	Code               string `json:"code"`
	Name               string `json:"name"`
	UserCount          int    `json:"userCount"`
	ConfigurationCount int    `json:"configurationCount"`
	LicenseQuota       *int   `json:"licenseQuota"` // null if it has no number
}

// body shows p. Its users are those of its profiles, each counted once, and its
// quota is what those of its profiles add up to if all have one.
func (p *oldProduct) body() oldProductBody {
	users := map[*account]bool{}
	quota := 0
	all := true
	for _, g := range p.profiles {
		for a := range g.members.all() {
			users[a] = true
		}
		n := oldQuota(g)
		all = all && n != nil
		if n != nil {
			quota += *n
		}
	}
	b := oldProductBody{
		ID: p.id, Code: oldProductCode(p.name), Name: p.name,
		UserCount: len(users), ConfigurationCount: len(p.profiles),
	}
	if all {
		b.LicenseQuota = &quota
	}
	return b
}

// oldProductCode makes up the short name of a product: the first four letters
// and digits of the long one.
func oldProductCode(name string) string {
	var code []rune
	for _, r := range strings.ToUpper(name) {
		if len(code) < 4 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			code = append(code, r)
		}
	}
	return string(code)
}

// oldQuota is the number of licences of a profile, or nil if it has none or
// UNLIMITED.
func oldQuota(g *group) *int {
	n, err := strconv.Atoi(g.quota)
	if err != nil {
		return nil
	}
	return &n
}

// noOldProduct is the answer to an id that no product has.
func noOldProduct(id string) reply {
	return oldMistake(http.StatusNotFound, "Not found: Product %s", id)
}

// serveOldProducts lists the products (QueryProducts).
func (e *Emulator) serveOldProducts(q *request, _ []string, _ *Entry) reply {
	return oldList[oldProduct, oldProductBody]{
		name: "old products", size: e.cfg.GroupsPerPage, entries: plain[oldProduct](e.org.oldProducts()),
		number: func(p *oldProduct) uint64 { return idOf(p.profiles[0]) }, show: (*oldProduct).body,
	}.serve(e, q)
}

// serveOldProduct reads one product (QueryProducts).
func (e *Emulator) serveOldProduct(_ *request, args []string, _ *Entry) reply {
	p := e.org.oldProduct(args[0])
	if p == nil {
		return noOldProduct(args[0])
	}
	return jsonReply(http.StatusOK, p.body())
}
