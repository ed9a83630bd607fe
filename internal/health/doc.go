// Package health knows how targets stand: what failed lately and must rest, what has been
// taken out of use, how fast and how loaded each one is. It decides nothing about a call
// and sends nothing to a vendor.
package health
