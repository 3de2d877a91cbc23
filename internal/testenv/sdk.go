package testenv

import "testing"

// SDKVariable names the directory of the SDKs that `make setup` gets: node, and
// python-VERSION.
const SDKVariable = "GLOBALMART_TEST_SDK"

// SDK returns that directory.
func SDK(t testing.TB) string {
	t.Helper()
	return lookup(t, SDKVariable, "make setup gets them")
}
