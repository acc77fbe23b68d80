// Command scim-bridge receives SCIM 2.0 from identity providers and makes an
// Adobe organisation follow, through the User Management API.
//
// Each subcommand has one file here. The process ends with 0 when it has done
// what was asked, 1 when it failed, 2 when it was used or configured wrongly
// and 3 when it is done but something needs a person; see exit.go. All that is
// wrong with a configuration is reported at once, and nothing starts before it
// is right.
package main
