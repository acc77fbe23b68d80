// Package search is what the databases share about lists: the form in which
// documents are searched, and the SQL of filters and of sort orders.
//
// A resource is stored twice: as its document, and as its searched form, see
// [Document], in which all that is equal to a filter is the same text. So the
// databases compare bytes, and never fold a case or read a boolean themselves.
// What is indexed or derived is not in the searched form: it is a [Column], or
// a [List] with rows of its own.
//
// [Table.Where] turns any filter into one condition. It means what
// [filter.Matches] means, for documents that follow their schema; package
// storetest holds the databases to that with random filters. A condition may
// come to NULL where the filter does not match, and never to true.
//
// Where a filter joins by or what several indexes find, each is asked for itself
// and their keys are put together: a database that reads the condition as it
// stands asks none of them, and looks at every resource.
//
// The databases differ in how they reach into a document and in a few functions
// of text: a [Dialect] says how.
package search
