package app

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"

	"globalmart/internal/fault"
)

// profile starts a CPU profile that goes to dir, and returns what ends it and
// writes the allocations beside it. Without a dir it does nothing.
func profile(dir string) (stop func() error, err error) {
	if dir == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, profileFault(err)
	}
	cpu, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return nil, profileFault(err)
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(profileFault(err), cpu.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		if err := cpu.Close(); err != nil {
			return profileFault(err)
		}
		return writeAllocations(filepath.Join(dir, "allocs.pprof"))
	}, nil
}

func writeAllocations(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return profileFault(err)
	}
	runtime.GC() // so that what is in use is up to date
	if err := errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close()); err != nil {
		return profileFault(err)
	}
	return nil
}

func profileFault(err error) error {
	return fault.New(fault.Failed, "cannot write the profile", err, "name a directory that can be written with --profile")
}
