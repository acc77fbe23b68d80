// Package storetest holds every implementation of store.Store to its promises.
//
// [Run] is a list of them: the name of each test is a promise of package store
// or of the types of package plan, and each gets a fresh store. [Benchmark]
// measures the same work on each. What only one database can be asked is tested
// beside that database.
//
// It is test support: nothing that ships imports it.
package storetest
