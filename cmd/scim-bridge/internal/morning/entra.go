package morning

import (
	"context"
	"fmt"
	"net/http"

	"github.com/scim-bridge/scim-bridge/directory"
)

// entra speaks as Entra ID does, by turns with and without the flag
// aadOptscim062020 where the two differ.
type entra struct{ *client }

func newEntra(hc *http.Client, base, token string) entra {
	return entra{&client{
		http: hc, base: base, token: token,
		userAgent: "Entra ID, played by scim-bridge", contentType: "application/scim+json; charset=utf-8",
	}}
}

func (e entra) name() string { return "Entra" }

// probe is Entra's "Test Connection": somebody who cannot exist.
func (e entra) probe(ctx context.Context) error {
	return e.absent(ctx, "/Users?"+filter("userName", "d2b5b0f0-6c0f-4b43-9a4e-3f4d0c9a1e77"))
}

func (e entra) join(ctx context.Context, p *person) (err error) {
	if err := e.absent(ctx, "/Users?"+filter("userName", p.email)); err != nil {
		return err
	}
	p.id, err = e.create(ctx, "/Users", object{
		"schemas":     list{directory.UserSchema, directory.EnterpriseSchema},
		"externalId":  p.externalID,
		"userName":    p.email,
		"active":      true,
		"displayName": p.displayName(),
		"emails":      list{object{"primary": true, "type": "work", "value": p.email}},
		"addresses":   list{object{"primary": false, "type": "work", "country": p.country}},
		"meta":        object{"resourceType": "User"},
		"name":        object{"formatted": p.displayName(), "familyName": p.family, "givenName": p.given},
		"roles":       list{},

		directory.EnterpriseSchema: object{"department": "Sales"},
	})
	return err
}

// form looks for a group by its name and makes it. Its members never come with
// the POST.
func (e entra) form(ctx context.Context, t *team) (err error) {
	if err := e.absent(ctx, "/Groups?excludedAttributes=members&"+filter("displayName", t.name)); err != nil {
		return err
	}
	t.id, err = e.create(ctx, "/Groups", object{
		"schemas":     list{directory.GroupSchema, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"},
		"externalId":  t.externalID,
		"displayName": t.name,
		"meta":        object{"resourceType": "Group"},
	})
	if err != nil {
		return err
	}
	return e.do(ctx, http.MethodGet, "/Groups/"+t.id+"?excludedAttributes=members", nil, &created{})
}

// portion is how many members are put into one PATCH. Microsoft does not
// document the number; a small one makes several.
func (e entra) portion() int { return 20 }

func (e entra) add(ctx context.Context, t *team, members []*person) error {
	values := list{}
	for _, p := range members {
		values = append(values, object{"$ref": nil, "value": p.id})
	}
	return e.patch(ctx, "/Groups/"+t.id, object{"op": "Add", "path": "members", "value": values})
}

// remove names the member in a filter with the flag, and in a value without.
func (e entra) remove(ctx context.Context, t *team, p *person, turn int) error {
	if turn%2 == 0 {
		return e.patch(ctx, "/Groups/"+t.id, object{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", p.id)})
	}
	return e.patch(ctx, "/Groups/"+t.id, object{"op": "Remove", "path": "members", "value": list{object{"$ref": nil, "value": p.id}}})
}

func (e entra) renameTeam(ctx context.Context, t *team, name string) error {
	return e.patch(ctx, "/Groups/"+t.id, object{"op": "Replace", "path": "displayName", "value": name})
}

// rename changes one attribute an operation. The address changes with the name.
func (e entra) rename(ctx context.Context, r rename) error {
	if err := e.do(ctx, http.MethodGet, "/Users/"+r.who.id, nil, &created{}); err != nil {
		return err
	}
	return e.patch(ctx, "/Users/"+r.who.id,
		object{"op": "Replace", "path": "displayName", "value": r.who.given + " " + r.family},
		object{"op": "Replace", "path": `emails[type eq "work"].value`, "value": r.email},
		object{"op": "Replace", "path": "name.familyName", "value": r.family},
		object{"op": "Replace", "path": "userName", "value": r.email},
	)
}

// leave deletes every fifth, as Entra does with users that are deleted for
// good, and deactivates the others with a boolean that is text.
func (e entra) leave(ctx context.Context, p *person, turn int) error {
	if turn%5 == 4 {
		return e.do(ctx, http.MethodDelete, "/Users/"+p.id, nil, nil)
	}
	return e.patch(ctx, "/Users/"+p.id, object{"op": "Replace", "path": "active", "value": "False"})
}
