package cli

import (
	"fmt"
	"net"
	"strconv"
)

// address is where a process listens or is found: host:port.
type address string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *address) UnmarshalText(text []byte) error {
	_, port, err := net.SplitHostPort(string(text))
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q: want host:port, as in 127.0.0.1:8000", text)
	}
	*a = address(text)
	return nil
}

// loopback is an address on this machine: the embedded broker has no passwords.
type loopback string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *loopback) UnmarshalText(text []byte) error {
	var a address
	if err := a.UnmarshalText(text); err != nil {
		return err
	}
	if host, _, _ := net.SplitHostPort(string(text)); host != "127.0.0.1" && host != "localhost" {
		return fmt.Errorf("%q: the embedded broker has no passwords and listens on this machine only: want 127.0.0.1:PORT", text)
	}
	*l = loopback(text)
	return nil
}
