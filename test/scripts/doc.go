// Package scripts tests the scripts that run a platform, as far as that needs none.
package scripts
