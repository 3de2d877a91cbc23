package platform

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// wanted is what can be asked for.
const wanted = "want status, shutdown, start, or start, stop, kill or restart with the name of a part"

// Serve does what others ask for over a socket, one after the other, until ctx ends or
// somebody asks for the end.
func (p *Platform) Serve(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "globalmart-") // a socket's path has to be short
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir), os.Remove(controlFile(p.Dir))) }()
	path := filepath.Join(dir, "control")
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	if err := os.WriteFile(controlFile(p.Dir), []byte(path), 0o600); err != nil {
		return errors.Join(err, l.Close())
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if p.answer(ctx, conn) {
			return l.Close()
		}
	}
}

func controlFile(dir string) string { return filepath.Join(dir, "control") }

// askTime is how long a question may take to arrive.
const askTime = 5 * time.Second

// done is the last line of an answer to what was done; any other end says why it was not.
const done = "done\n"

// answer answers one question, and reports whether it was for the end: then the connection
// stays, and closes when this process has ended.
func (p *Platform) answer(ctx context.Context, conn net.Conn) (end bool) {
	_ = conn.SetReadDeadline(time.Now().Add(askTime))
	line, err := bufio.NewReader(io.LimitReader(conn, 100)).ReadString('\n')
	words := strings.Fields(line)
	if err == nil && slices.Equal(words, []string{"shutdown"}) {
		p.asker = conn
		return true
	}
	defer conn.Close()
	var text string
	if err == nil {
		text, err = p.do(ctx, words)
	}
	if err != nil {
		text = err.Error()
	} else {
		text += done
	}
	_, _ = io.WriteString(conn, text) // who asked may have gone
	return false
}

func (p *Platform) do(ctx context.Context, words []string) (text string, err error) {
	switch {
	case slices.Equal(words, []string{"status"}):
		return p.status(), nil
	case slices.Equal(words, []string{"start"}):
		return "", p.startMissing(ctx)
	case len(words) != 2:
		return "", errors.New(wanted)
	}
	i := slices.IndexFunc(p.Parts, func(part Part) bool { return part.Name == words[1] })
	if i < 0 {
		names := make([]string, len(p.Parts))
		for i, part := range p.Parts {
			names[i] = part.Name
		}
		return "", fmt.Errorf("there is no %q: want %s", words[1], strings.Join(names, ", "))
	}
	return "", p.Parts[i].do(ctx, words[0])
}

func (p *Part) do(ctx context.Context, verb string) error {
	switch verb {
	case "stop":
		p.Stop()
		return nil
	case "kill":
		if p.Kill == nil {
			return fmt.Errorf("%s cannot be killed: stop it", p.Name)
		}
		p.Kill()
		return nil
	case "start":
		if p.Alive() {
			return fmt.Errorf("%s runs", p.Name)
		}
		return p.Start(ctx)
	case "restart":
		p.Stop()
		return p.Start(ctx)
	}
	return fmt.Errorf("%q: %s", verb, wanted)
}

// status is a line for each part: its name, and whether it is up or down.
func (p *Platform) status() string {
	var text strings.Builder
	for _, part := range p.Parts {
		state := "down"
		if part.Alive() {
			state = "up"
		}
		fmt.Fprintln(&text, part.Name, state)
	}
	return text.String()
}

// startMissing starts what is down.
func (p *Platform) startMissing(ctx context.Context) error {
	for _, part := range p.Parts {
		if !part.Alive() {
			if err := part.Start(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Ask asks the platform of a folder for something, waits until it is done and returns what
// there is to say. It has ended when Ask has asked it to.
func Ask(ctx context.Context, dir string, words ...string) (text string, err error) {
	path, err := os.ReadFile(controlFile(dir))
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("no platform runs in %s", dir)
	}
	if err != nil {
		return "", err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", string(path))
	if err != nil {
		return "", fmt.Errorf("no platform runs in %s: %w", dir, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if _, err := fmt.Fprintln(conn, strings.Join(words, " ")); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return "", err
	}
	text, complete := strings.CutSuffix(string(answer), done)
	if !complete && text != "" {
		return "", errors.New(text)
	}
	return text, nil
}
