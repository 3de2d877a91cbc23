package spark_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"globalmart/internal/batch/spark"
	"globalmart/internal/testenv"
	"globalmart/test/services/host"
)

// encrypted is a server with TLS in front of address. It is gone when the test ends.
func encrypted(t *testing.T, address string) (front string, c host.Certificates) {
	t.Helper()
	c, err := host.MakeCertificates(t.TempDir(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(c.ServerCert, c.ServerKey)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // the test has ended
			}
			go relay(conn, address)
		}
	}()
	return l.Addr().String(), c
}

// relay copies both ways until either side ends.
func relay(conn net.Conn, address string) {
	defer conn.Close()
	back, err := net.Dial("tcp", address)
	if err != nil {
		return // the client sees the end of its connection
	}
	defer back.Close()
	go func() {
		_, _ = io.Copy(back, conn)
		_ = back.Close()
	}()
	_, _ = io.Copy(conn, back)
}

func TestWithTLSTheServerMustBeWhoItSays(t *testing.T) {
	front, c := encrypted(t, strings.TrimPrefix(testenv.Spark(t), "spark://"))
	for name, test := range map[string]struct{ parameters, want string }{
		"its authority":       {"ca=" + url.QueryEscape(c.CA), ""},
		"another authority":   {"ca=" + url.QueryEscape(c.OtherCA), "certificate"},
		"those of the system": {"tls=true", "certificate"},
		"a file that is not":  {"ca=/nowhere/ca.pem", "/nowhere/ca.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := spark.ParseURL("spark://" + front + "?" + test.parameters)
			if err != nil {
				t.Fatal(err)
			}
			e, err := spark.Open(t.Context(), cfg)
			if err == nil {
				err = e.Close()
			}
			if failed := err != nil; failed != (test.want != "") || failed && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestAWrongURLIsRefusedWithoutItsPassword(t *testing.T) {
	for _, text := range []string{
		"spark://shop:secret@", "spark://shop:secret@host/path", "spark://shop:secret@host?tls=yes", "spark://shop:secret@host?ca=",
		"spark://shop:secret@host?user=x", "http://shop:secret@host", "spark://shop:secret@[host",
	} {
		if _, err := spark.ParseURL(text); err == nil {
			t.Errorf("%s was taken", text)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}
