package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/ulikunitz/xz"
	"golang.org/x/sys/unix"

	"globalmart/internal/datadir"
	"globalmart/internal/testenv/process"
	"globalmart/test/services/host"
)

// scriptCommands are the commands that scripts have beside testscript's own:
//
//	code N COMMAND ARG...    run a command that must exit with N
//	until RE COMMAND ARG...  run a command again and again until it succeeds and RE is in its stdout
//	json FILE N              FILE (or stdout) holds N JSON documents and nothing else
//	await DIR api|kafka      wait until a process offers it on DIR; sets $API, $KAFKA, $METRICS
//	http STATUS URL [KEY]    ask, once somebody listens and has the time, and keep the answer in the file `answer`
//	post STATUS URL KEY FILE send the file to a collector with a write key, once somebody listens and has the time
//	act STATUS URL KEY FILE  send the file to the API with a key of an operator, once it has the time
//	answers RE URL [KEY]     ask again and again until RE is in the answer
//	becomes STATUS URL KEY   ask again and again until the answer has the status
//	keyfrom VAR              VAR is the API key that stdout shows as JSON, $ID its id
//	freeport VAR             VAR is an address where nobody listens
//	occupy VAR               VAR is an address where somebody listens until the script ends
//	xz FILE                  compress FILE to FILE.xz
//	disk DIR BYTES [ro]      mount a disk of that size, until the script ends
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"code":     code,
	"until":    until,
	"json":     jsonDocuments,
	"await":    await,
	"http":     httpGet,
	"post":     post,
	"act":      act,
	"answers":  answers,
	"becomes":  becomes,
	"keyfrom":  keyFrom,
	"freeport": freePort,
	"occupy":   occupy,
	"xz":       compress,
	"disk":     disk,
}

// condition implements the condition [mount]: this process may mount a disk.
func condition(name string) (bool, error) {
	if name != "mount" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	dir, err := os.MkdirTemp("", "globalmart-mount-")
	if err != nil {
		return false, err
	}
	defer os.Remove(dir)
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		return false, nil // that it may not is the answer
	}
	return true, unix.Unmount(dir, 0)
}

// want checks how a script command is used.
func want(ts *testscript.TestScript, neg, ok bool, usage string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", usage)
	}
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) >= 2, "code N COMMAND ARG...")
	expected := "exit status " + args[0]
	if args[0] == "0" {
		expected = "<nil>"
	}
	got := "<nil>"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = err.Error()
	}
	if got != expected {
		ts.Fatalf("%s: %s, want %s", strings.Join(args[1:], " "), got, expected)
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) >= 2, "until RE COMMAND ARG...")
	pattern := compile(ts, args[0])
	eventually(ts, args[0]+" from "+strings.Join(args[1:], " "), func() bool {
		return ts.Exec(args[1], args[2:]...) == nil && pattern.MatchString(ts.ReadFile("stdout"))
	})
}

// compile compiles a pattern in which ^ and $ stand for the ends of a line.
func compile(ts *testscript.TestScript, pattern string) *regexp.Regexp {
	r, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	return r
}

func jsonDocuments(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2, "json FILE N")
	expected, err := strconv.Atoi(args[1])
	ts.Check(err)
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	n := 0
	for {
		var v any
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			ts.Fatalf("%s, document %d: %v", args[0], n+1, err)
		}
		n++
	}
	if n != expected {
		ts.Fatalf("%s holds %d JSON documents, want %d", args[0], n, expected)
	}
}

// eventually waits until ok returns true. It is asked again and again: what is
// waited for happens in another process.
func eventually(ts *testscript.TestScript, what string, ok func() bool) {
	for end := time.Now().Add(process.Patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("%s: not within %s", what, process.Patience)
		}
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2 && (args[1] == "api" || args[1] == "kafka"), "await DIR api|kafka")
	var run datadir.Run
	eventually(ts, args[1]+" on "+args[0], func() bool {
		var err error
		run, err = datadir.Read(ts.MkAbs(args[0]))
		return err == nil && (args[1] == "kafka" || run.API != "")
	})
	ts.Setenv("API", run.API)
	ts.Setenv("KAFKA", run.Kafka)
	ts.Setenv("METRICS", run.Operator)
}

func httpGet(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2 || len(args) == 3, "http STATUS URL [KEY]")
	var got string
	eventually(ts, args[1], func() bool {
		got = ask(ts, args[1:])
		return got == args[0] || got != "" && got != busy && got != late
	})
	if got != args[0] {
		ts.Fatalf("%s answers %s, want %s: %s", args[1], got, args[0], ts.ReadFile("answer"))
	}
}

func post(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 4, "post STATUS URL KEY FILE")
	sendFile(ts, args, func(req *http.Request) { req.SetBasicAuth(args[2], "") })
}

func act(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 4, "act STATUS URL KEY FILE")
	sendFile(ts, args, func(req *http.Request) {
		req.Header.Set("X-API-Key", args[2])
		req.Header.Set("Content-Type", "application/json")
	})
}

// sendFile sends a file, as post and act say.
func sendFile(ts *testscript.TestScript, args []string, sign func(*http.Request)) {
	var got string
	eventually(ts, args[1], func() bool {
		req, err := http.NewRequest(http.MethodPost, args[1], strings.NewReader(ts.ReadFile(args[3])))
		ts.Check(err)
		sign(req)
		got = send(ts, req)
		return got == args[0] || got != "" && got != busy && got != late
	})
	if got != args[0] {
		ts.Fatalf("%s answers %s, want %s: %s", args[1], got, args[0], ts.ReadFile("answer"))
	}
}

func answers(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2 || len(args) == 3, "answers RE URL [KEY]")
	pattern := compile(ts, args[0])
	eventually(ts, args[0]+" from "+args[1], func() bool {
		return ask(ts, args[1:]) == "200" && pattern.MatchString(ts.ReadFile("answer"))
	})
}

// becomes waits until an answer has a status.
func becomes(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 3, "becomes STATUS URL KEY")
	eventually(ts, args[0]+" from "+args[1], func() bool { return ask(ts, args[1:]) == args[0] })
}

// keyFrom reads the key that a command has shown as JSON: its id becomes $ID.
func keyFrom(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "keyfrom VAR")
	var k struct{ ID, Key string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &k))
	ts.Setenv("ID", k.ID)
	ts.Setenv(args[0], k.Key)
}

// The statuses of a service that has no time to answer.
const busy, late = "503", "504"

// ask asks URL [KEY], keeps the answer and returns its status; "" if nobody listens.
func ask(ts *testscript.TestScript, args []string) (status string) {
	req, err := http.NewRequest(http.MethodGet, args[0], nil)
	ts.Check(err)
	if len(args) == 2 {
		req.Header.Set("X-API-Key", args[1])
	}
	return send(ts, req)
}

// send makes a request, keeps the answer and returns its status; "" if nobody listens.
func send(ts *testscript.TestScript, req *http.Request) (status string) {
	resp, err := http.DefaultClient.Do(req)
	if errors.Is(err, unix.ECONNREFUSED) {
		return ""
	}
	ts.Check(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), body, 0o600))
	return strconv.Itoa(resp.StatusCode)
}

func freePort(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "freeport VAR")
	addrs, err := host.FreePorts(context.Background(), 1)
	ts.Check(err)
	ts.Setenv(args[0], addrs[0])
}

func occupy(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "occupy VAR")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

func compress(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "xz FILE")
	var out bytes.Buffer
	w, err := xz.NewWriter(&out)
	ts.Check(err)
	_, err = io.WriteString(w, ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0])+".xz", out.Bytes(), 0o600))
}

func disk(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2 || len(args) == 3 && args[2] == "ro", "disk DIR BYTES [ro]")
	dir := filepath.Clean(ts.MkAbs(args[0]))
	ts.Check(os.MkdirAll(dir, 0o750))
	var flags uintptr
	if len(args) == 3 {
		flags = unix.MS_RDONLY
	}
	ts.Check(unix.Mount("tmpfs", dir, "tmpfs", flags, "size="+args[1]))
	ts.Defer(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
}
