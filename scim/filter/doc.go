// Package filter is the filter and path grammar of RFC 7644: parser, tree,
// in-memory evaluation.
//
// An [Expr] is a filter (section 3.4.2.2): comparisons joined by and, or and
// not. A [PatchPath] is the path of a PATCH operation (section 3.5.2). A value
// path, emails[type eq "work"], filters the elements of one attribute; the
// paths inside its brackets are names of sub-attributes.
//
// The parser takes what clients are known to send beyond the grammar: literals
// without quotes, brackets and parentheses with or without spaces around them,
// a sub-attribute compared right after a value path. Its input is hostile: length
// and depth are bounded, and every refusal is a [SyntaxError] that names
// the position. Text of a tree parses to the same tree again.
//
// Everything here is a value without hidden state, safe for concurrent use.
package filter
