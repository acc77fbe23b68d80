package scim

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// server is what the orgs have in common.
type server struct {
	dir     Directory
	log     *slog.Logger
	baseURL string
	trusted []netip.Prefix
	load    *load
	handler http.Handler
}

// service serves one org.
type service struct {
	*server
	org     Org
	options resource.Options
	// resources are the endpoints of users and groups, as a bulk request
	// reaches them.
	resources http.Handler
}

// New returns a handler of all orgs' endpoints, each below its path; everything
// else is 404. It may be called concurrently. An error lists all that is wrong
// with the configuration.
func New(cfg Config, dir Directory) (http.Handler, error) {
	s, err := newServer(cfg, dir)
	if err != nil {
		return nil, err
	}
	return s.handler, nil
}

func newServer(cfg Config, dir Directory) (*server, error) {
	cfg = cfg.withDefaults()
	err := cfg.validate()
	if dir == nil {
		err = errors.Join(err, errors.New("no directory"))
	}
	if err != nil {
		return nil, fmt.Errorf("configure SCIM: %w", err)
	}
	s := &server{
		dir:     dir,
		log:     cfg.Log.With("component", "scim"),
		baseURL: cfg.BaseURL,
		trusted: slices.Clone(cfg.TrustedProxies),
		load:    newLoad(cfg.Orgs),
	}
	r := chi.NewRouter()
	r.Use(identify, pace, s.guard, cleanSlashes)
	r.NotFound(s.endpoint(notFound))
	// The router asks for this only where it does not know the method at all.
	r.MethodNotAllowed(s.endpoint(unknownMethod))
	for _, org := range cfg.Orgs {
		one := &service{server: s, org: org, options: resource.Options{Strict: org.Strict}}
		routes := one.routes()
		r.Mount(org.Path, routes)
		one.mountVersions(r, routes)
	}
	s.handler = r
	return s, nil
}

// routes are the endpoints of RFC 7644 section 3.2. Whoever has no token learns
// nothing, not even which of them exist.
func (s *service) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(s.authenticate, s.admit, s.negotiate)
	r.NotFound(s.endpoint(notFound))
	s.routeResources(r, s.limited)

	limits, single := s.org.Limits, chi.NewRouter()
	s.routeResources(single, func(limit int64, m methods) http.Handler { return s.endpoint(bounded(limit, m.serve)) })
	s.resources = s.guard(single)
	r.Handle(bulkPath, s.endpoint(bulkLimit(bounded(limits.GroupBody, s.held(methods{http.MethodPost: s.bulk}.serve)))))

	users, groups := resource.User(), resource.Group()
	for path, types := range map[string][]*resource.Type{usersPath: {users}, groupsPath: {groups}, "": {users, groups}} {
		r.Handle(path+"/.search", s.limited(limits.UserBody, methods{http.MethodPost: s.search(types...)}))
	}
	r.Handle("/", s.limited(limits.UserBody, methods{http.MethodGet: s.list(users, groups)}))
	for path, get := range map[string]endpoint{
		providerConfigPath:          s.getProviderConfig,
		misnamedProviderConfigPath:  s.getProviderConfig,
		resourceTypesPath:           s.listResourceTypes,
		misnamedResourceTypesPath:   s.listResourceTypes,
		resourceTypesPath + "/{id}": s.getResourceType,
		schemasPath:                 s.listSchemas,
		schemasPath + "/{id}":       s.getSchema,
	} {
		r.Handle(path, s.limited(limits.UserBody, methods{http.MethodGet: discovery(get)}))
	}
	for _, path := range []string{"/Me", "/Me/*"} {
		r.Handle(path, s.endpoint(me))
	}
	return r
}

// routeResources adds the endpoints of users and groups. Those of a bulk request
// lie in a body that is accounted for already.
func (s *service) routeResources(r chi.Router, limited func(int64, methods) http.Handler) {
	r.Handle(usersPath, limited(s.org.Limits.UserBody, methods{
		http.MethodGet: s.list(resource.User()), http.MethodPost: s.createUser,
	}))
	r.Handle(usersPath+"/{id}", limited(s.org.Limits.UserBody, methods{
		http.MethodGet: s.getUser, http.MethodPut: s.putUser,
		http.MethodPatch: s.patchUser, http.MethodDelete: s.deleteUser,
	}))
	r.Handle(groupsPath, limited(s.org.Limits.GroupBody, methods{
		http.MethodGet: s.list(resource.Group()), http.MethodPost: s.createGroup,
	}))
	r.Handle(groupsPath+"/{id}", limited(s.org.Limits.GroupBody, methods{
		http.MethodGet: s.getGroup, http.MethodPut: s.putGroup,
		http.MethodPatch: s.patchGroup, http.MethodDelete: s.deleteGroup,
	}))
}

// endpoint answers a request, or returns an error before it answered.
type endpoint func(w http.ResponseWriter, r *http.Request) error

// endpoint makes a handler of one that may fail. An error after the answer has
// begun cuts the connection, since nothing else tells the client.
func (s *server) endpoint(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := &tracker{ResponseWriter: w}
		err := e(t, r)
		switch {
		case err == nil:
		case t.started:
			if r.Context().Err() == nil { // else it was the client who broke off
				s.log.ErrorContext(r.Context(), "answer broken off", "request_id", requestID(r.Context()), "path", r.URL.Path, "err", err)
			}
			panic(http.ErrAbortHandler)
		default:
			s.writeError(w, r, err)
		}
	}
}

// limited chooses among methods, for requests whose body is bounded.
func (s *service) limited(limit int64, m methods) http.Handler {
	return s.endpoint(bounded(limit, s.held(m.serve)))
}

func bounded(limit int64, next endpoint) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		body := r.Body
		var err error = &http.MaxBytesError{Limit: limit}
		if r.ContentLength <= limit {
			r.Body = http.MaxBytesReader(w, body, limit)
			err = next(w, r)
		}
		if err != nil {
			drain(r, body, limit)
		}
		return err
	}
}

// drain reads on to the end of a body that is refused, if that is not much
// longer than what is accepted: many clients read no answer before they have sent
// everything, and take a connection that is closed before for a failure of the
// network. Who waits to be told to send anything is not.
func drain(r *http.Request, body io.Reader, limit int64) {
	if r.Header.Get("Expect") == "" {
		// What is left, and why, no longer matters.
		_, _ = io.CopyN(io.Discard, body, 2*limit)
	}
}

// methods are the endpoints of one path by method. HEAD is a GET whose body the
// server drops.
type methods map[string]endpoint

// serve answers with the endpoint of the method.
func (m methods) serve(w http.ResponseWriter, r *http.Request) error {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if e, ok := m[method]; ok {
		return e(w, r)
	}
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", m.allow())
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return notAllowed(r.Method, m.allow())
}

// allow lists the methods as the Allow header does.
func (m methods) allow() string {
	names := []string{http.MethodOptions}
	for name := range m {
		names = append(names, name)
		if name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func notFound(_ http.ResponseWriter, r *http.Request) error {
	return refuse(http.StatusNotFound, "there is no endpoint %s", r.URL.Path)
}

func unknownMethod(_ http.ResponseWriter, r *http.Request) error {
	return refuse(http.StatusNotImplemented, "method %s is not supported", r.Method)
}

// me is /Me (RFC 7644 section 3.11), which needs somebody who is signed in.
func me(http.ResponseWriter, *http.Request) error {
	return refuse(http.StatusNotImplemented, "/Me is not supported: a bearer token stands for a provider here, and for no user")
}
