// Package account turns usage into money: a dated catalogue of models and prices,
// and the arithmetic that applies it to what one call consumed.
//
// It fetches nothing, keeps no ledger and knows no vendor by name: vendors, their
// models, prices and service tiers are data (data/*.json, embedded; schema in
// document.go; made by the gen command beside this package). What it cannot price
// it calls unknown, never zero.
package account
