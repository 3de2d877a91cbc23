package platform

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"syscall"

	"globalmart/test/services/host"
)

// process is one of the program.
type process struct {
	program  string
	args     []string
	env      []string
	operator string // host:port of its metrics; "" = it has none
	log      string // file

	service *host.Service // nil while it is down
}

func (o *process) alive() bool { return o.service.Alive() }

// start starts the process; it returns when its metrics answer or, without any, when it
// runs.
func (o *process) start(ctx context.Context) error {
	cmd := exec.Command(o.program, o.args...) //nolint:noctx // it outlives the context of its start; end ends it
	cmd.Env = o.env
	service, err := host.Launch(cmd, o.log)
	if err != nil {
		return err
	}
	o.service = service
	if err := service.Await(ctx, o.ready); err != nil {
		return fmt.Errorf("globalmart %s: %w", o.args[0], err)
	}
	return nil
}

// ready asks for the metrics.
func (o *process) ready(ctx context.Context) error {
	if o.operator == "" {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+o.operator+"/metrics", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// end ends the process by a signal.
func (o *process) end(signal syscall.Signal) {
	o.service.End(signal)
	o.service = nil
}
