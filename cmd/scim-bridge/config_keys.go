package main

import "time"

// The structs of this file are the keys of the configuration, in the order of
// docs/configuration.md, which a test compares with them. The tag yaml is the
// key and default what it is without one. The zero value of every key means
// the same as leaving it out, except for rates, where 0 is "no limit".

// fileConfig is the whole file.
type fileConfig struct {
	Listen         string   `yaml:"listen" default:"127.0.0.1:8080"`
	BaseURL        string   `yaml:"base_url"`
	TrustedProxies []string `yaml:"trusted_proxies"`
	Store          string   `yaml:"store" default:"sqlite:bridge.db"`

	Journal fileJournal `yaml:"journal"`

	Orgs []fileOrg `yaml:"orgs"`
}

// fileJournal is how much of the past is kept.
type fileJournal struct {
	Keep     time.Duration `yaml:"keep" default:"8760h"`
	MaxLines int           `yaml:"max_lines" default:"5000000"`
}

// fileOrg is one Adobe organisation.
type fileOrg struct {
	Name    string      `yaml:"name"`
	Path    string      `yaml:"path"`
	Tokens  []fileToken `yaml:"tokens"`
	Adobe   fileAdobe   `yaml:"adobe"`
	SCIM    fileSCIM    `yaml:"scim"`
	Mapping fileMapping `yaml:"mapping"`

	Offboarding fileOffboarding `yaml:"offboarding"`
	Protect     fileProtect     `yaml:"protect"`
	Brakes      fileBrakes      `yaml:"brakes"`
}

// fileToken is one bearer token of an identity provider.
type fileToken struct {
	Name       string `yaml:"name"`
	Secret     secret `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
	// SHA256 is a secret here, because a token pasted into the wrong key is one.
	SHA256  secret `yaml:"sha256"`
	Expires string `yaml:"expires"`
}

// fileAdobe is the other side: where it is, who we are there, how much we may.
type fileAdobe struct {
	OrgID            string        `yaml:"org_id"`
	ClientID         string        `yaml:"client_id"`
	ClientSecret     secret        `yaml:"client_secret"`
	ClientSecretFile string        `yaml:"client_secret_file"`
	URL              string        `yaml:"url" default:"https://usermanagement.adobe.io/v2/usermanagement"`
	IMSURL           string        `yaml:"ims_url" default:"https://ims-na1.adobelogin.com"`
	CAFile           string        `yaml:"ca_file"`
	ActionsPerMinute int           `yaml:"actions_per_minute" default:"10"`
	ReadsPerMinute   int           `yaml:"reads_per_minute" default:"25"`
	Timeout          time.Duration `yaml:"timeout" default:"2m"`
	Limits           fileLimits    `yaml:"limits"`
}

// fileLimits bounds one call.
type fileLimits struct {
	Commands int `yaml:"commands" default:"10"`
	Steps    int `yaml:"steps" default:"10"`
	Entries  int `yaml:"entries" default:"10"`
}

// fileSCIM is how strict the SCIM side of an org is.
type fileSCIM struct {
	Strict         bool   `yaml:"strict" default:"false"`
	UnknownMembers string `yaml:"unknown_members" default:"skip"`
	NestedGroups   string `yaml:"nested_groups" default:"flatten"`

	Limits fileSCIMLimits `yaml:"limits"`
}

// fileSCIMLimits bounds one request.
type fileSCIMLimits struct {
	UserBody       int `yaml:"user_body" default:"1048576"`
	GroupBody      int `yaml:"group_body" default:"25165824"`
	BulkOperations int `yaml:"bulk_operations" default:"1000"`
}

// fileMapping is what users and groups become in Adobe.
type fileMapping struct {
	IdentityType string          `yaml:"identity_type" default:"federatedID"`
	Country      string          `yaml:"country"`
	Groups       []fileGroupRule `yaml:"groups"`
}

// fileGroupRule maps a group to others than the user group of its name.
type fileGroupRule struct {
	From string   `yaml:"from"`
	To   []string `yaml:"to"`
}

// fileOffboarding is what becomes of accounts that nobody has any more.
type fileOffboarding struct {
	Deactivated string        `yaml:"deactivated" default:"leave"`
	Deleted     string        `yaml:"deleted" default:"leave"`
	Delay       time.Duration `yaml:"delay" default:"0s"`
}

// fileProtect is what in Adobe is never touched.
type fileProtect struct {
	Users  []string `yaml:"users"`
	Groups []string `yaml:"groups"`
}

// fileBrakes is either the word off or the bounds of what may be removed.
type fileBrakes struct {
	Off          bool
	Departures   fileDepartures   `yaml:"departures"`
	Entitlements fileEntitlements `yaml:"entitlements"`
}

// fileDepartures bounds the users that leave.
type fileDepartures struct {
	Count   int           `yaml:"count" default:"10"`
	Percent int           `yaml:"percent" default:"5"`
	Window  time.Duration `yaml:"window" default:"24h"`
}

// fileEntitlements bounds the memberships that are removed.
type fileEntitlements struct {
	Count   int           `yaml:"count" default:"100"`
	Percent int           `yaml:"percent" default:"10"`
	Window  time.Duration `yaml:"window" default:"24h"`
}
