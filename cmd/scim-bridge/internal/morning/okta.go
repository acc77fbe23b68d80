package morning

import (
	"context"
	"fmt"
	"net/http"

	"github.com/scim-bridge/scim-bridge/directory"
)

// okta speaks as Okta does: as a catalogue application where it patches, and
// as a custom application where it sends a user back whole.
type okta struct{ *client }

func newOkta(hc *http.Client, base, token string) okta {
	return okta{&client{
		http: hc, base: base, token: token,
		userAgent: "Okta SCIM Client 1.0.0", contentType: "application/scim+json; charset=utf-8",
	}}
}

func (o okta) name() string { return "Okta" }

// probe is what Okta asks when its settings are saved.
func (o okta) probe(ctx context.Context) error {
	return o.do(ctx, http.MethodGet, "/Users?startIndex=1&count=2", nil, &listed{})
}

func (o okta) join(ctx context.Context, p *person) (err error) {
	if err := o.absent(ctx, "/Users?"+filter("userName", p.email)+"&startIndex=1&count=100"); err != nil {
		return err
	}
	p.id, err = o.create(ctx, "/Users", object{
		"schemas":     list{directory.UserSchema},
		"userName":    p.email,
		"name":        object{"givenName": p.given, "familyName": p.family},
		"emails":      list{object{"primary": true, "value": p.email, "type": "work"}},
		"displayName": p.displayName(),
		"locale":      "en-US",
		"externalId":  p.externalID,
		"groups":      list{},
		"password":    "1mz050nq",
		"active":      true,
	})
	return err
}

// form looks for a group by its name and makes it without members.
func (o okta) form(ctx context.Context, t *team) (err error) {
	if err := o.absent(ctx, "/Groups?"+filter("displayName", t.name)+"&startIndex=1&count=100"); err != nil {
		return err
	}
	t.id, err = o.create(ctx, "/Groups", object{
		"schemas": list{directory.GroupSchema}, "displayName": t.name, "members": list{},
	})
	if err != nil {
		return err
	}
	return o.do(ctx, http.MethodGet, "/Groups/"+t.id, nil, &created{})
}

// portion is how many members Okta puts into one PATCH: a push holds them all.
func (o okta) portion() int { return 10_000 }

// add repeats the group's name first, as Okta does with every update of the
// members, its id inside the value.
func (o okta) add(ctx context.Context, t *team, members []*person) error {
	if err := o.renameTeam(ctx, t, t.name); err != nil {
		return err
	}
	values := list{}
	for _, p := range members {
		values = append(values, object{"value": p.id, "display": p.email})
	}
	return o.patch(ctx, "/Groups/"+t.id, object{"op": "add", "path": "members", "value": values})
}

func (o okta) remove(ctx context.Context, t *team, p *person, _ int) error {
	if err := o.renameTeam(ctx, t, t.name); err != nil {
		return err
	}
	return o.patch(ctx, "/Groups/"+t.id, object{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", p.id)})
}

func (o okta) renameTeam(ctx context.Context, t *team, name string) error {
	return o.patch(ctx, "/Groups/"+t.id, object{"op": "replace", "value": object{"id": t.id, "displayName": name}})
}

// rename reads the user, changes what it read and sends all of it back: meta,
// groups and whatever else the service shows.
func (o okta) rename(ctx context.Context, r rename) error {
	var whole object
	if err := o.do(ctx, http.MethodGet, "/Users/"+r.who.id, nil, &whole); err != nil {
		return err
	}
	whole["name"] = object{"givenName": r.who.given, "middleName": "", "familyName": r.family}
	whole["displayName"] = r.who.given + " " + r.family
	return o.do(ctx, http.MethodPut, "/Users/"+r.who.id, whole, nil)
}

// leave deactivates: Okta never deletes a user.
func (o okta) leave(ctx context.Context, p *person, _ int) error {
	return o.patch(ctx, "/Users/"+p.id, object{"op": "replace", "value": object{"active": false}})
}
