package shop

import "fmt"

// record returns everything about an emission as one line.
func record(e Emission) string {
	line := fmt.Sprintf("%d %s %s %s", e.At, e.Topic, e.Key, e.Raw)
	if e.Event != nil {
		line += fmt.Sprintf(" %+v", *e.Event)
	}
	if e.Truth != nil {
		line += fmt.Sprintf(" %+v", *e.Truth)
	}
	return line
}
