// Package sdk sends orders with the SDKs that shops have, those of Segment for Node and
// Python, to the real program, through a proxy that fails as networks and servers do. It
// holds tests only.
package sdk
