package netfault_test

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"globalmart/internal/testenv/netfault"
)

// service answers each line with the same in capitals, and tells what it was asked.
func service(t *testing.T) (addr string, asked <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	lines := make(chan string, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for in := bufio.NewScanner(conn); in.Scan(); {
					lines <- in.Text()
					if _, err := conn.Write([]byte(strings.ToUpper(in.Text()) + "\n")); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String(), lines
}

// client is a connection through the proxy.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &client{t, conn, bufio.NewReader(conn)}
}

// say sends a line and returns the answer, "" if there is none within the time.
func (c *client) say(line string, within time.Duration) string {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(line + "\n")); err != nil {
		return ""
	}
	if err := c.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "" // it was cut
	}
	answer, err := c.in.ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimSpace(answer)
}

const patience = 5 * time.Minute

func TestWhatIsSentArrivesUntilTheConnectionIsCut(t *testing.T) {
	addr, _ := service(t)
	p := netfault.Start(t, addr)
	c := dial(t, p.Addr())
	for range 3 {
		if got := c.say("hello", patience); got != "HELLO" {
			t.Fatalf("got %q", got)
		}
	}
	p.Cut()
	if got := c.say("hello", patience); got != "" {
		t.Errorf("after the cut: %q", got)
	}
	p.Refuse(true)
	if got := dial(t, p.Addr()).say("hello", patience); got != "" {
		t.Errorf("refused: %q", got)
	}
	p.Refuse(false)
	if got := dial(t, p.Addr()).say("hello", patience); got != "HELLO" {
		t.Errorf("no longer refused: %q", got)
	}
}

func TestASilentConnectionStaysOpenAndDeliversLater(t *testing.T) {
	addr, asked := service(t)
	p := netfault.Start(t, addr)
	c := dial(t, p.Addr())
	p.Silence(true)
	if got := c.say("one", 50*time.Millisecond); got != "" {
		t.Errorf("silent: %q", got)
	}
	p.Silence(false)
	if got := <-asked; got != "one" {
		t.Errorf("the service was asked %q", got)
	}
	if got := c.say("two", patience); got != "ONE" {
		t.Errorf("got %q", got)
	}
}

func TestASlowConnectionHoldsWhatIsSentBothWays(t *testing.T) {
	const delay = 30 * time.Millisecond
	addr, _ := service(t)
	p := netfault.Start(t, addr)
	p.Delay(delay)
	c, began := dial(t, p.Addr()), time.Now()
	if got := c.say("hello", patience); got != "HELLO" || time.Since(began) < 2*delay {
		t.Errorf("got %q after %s", got, time.Since(began))
	}
}

func TestAConnectionBreaksBeforeOrAfterTheServiceHasDoneWhatWasAsked(t *testing.T) {
	for lost, reaches := range map[netfault.Lost]bool{netfault.Request: false, netfault.Reply: true} {
		addr, asked := service(t)
		p := netfault.Start(t, addr)
		c := dial(t, p.Addr())
		sprung := p.CutAt("commit", lost)
		if got := c.say("begin", patience); got != "BEGIN" {
			t.Errorf("got %q", got)
		}
		if got := c.say("commit", patience); got != "" {
			t.Errorf("the answer arrived: %q", got)
		}
		<-sprung
		if got := dial(t, p.Addr()).say("commit", patience); got != "COMMIT" {
			t.Errorf("a second time: %q", got)
		}
		want := []string{"begin", "commit"}
		if reaches {
			want = append(want, "commit")
		}
		for _, w := range want {
			if got := <-asked; got != w {
				t.Errorf("the service was asked %q, want %q", got, w)
			}
		}
	}
}

func TestAConnectionThatEndsWithoutAnAnswerSpringsNoTrap(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and answers nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p := netfault.Start(t, silent.Addr().String())
	sprung := p.CutAt("commit", netfault.Reply)
	c := dial(t, p.Addr())
	if got := c.say("commit", 50*time.Millisecond); got != "" {
		t.Errorf("got %q", got)
	}
	_ = c.conn.Close()
	service, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(service).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	_ = service.Close()
	for {
		again := dial(t, p.Addr())
		second, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = second.Write([]byte("hello\n"))
		_ = again.say("commit", 50*time.Millisecond)
		_, _ = bufio.NewReader(second).ReadString('\n') // an error means that it is cut already
		_, _ = second.Write([]byte("COMMIT\n"))
		select {
		case <-sprung:
			return
		case <-time.After(50 * time.Millisecond): // the first connection was not over yet
		}
		_, _ = again.conn.Close(), second.Close()
	}
}
