package importer

import "globalmart/internal/event"

// OwnReceived returns what ownReceived does; of a time that is absent or cannot
// be read it says so.
func OwnReceived(record []byte) (received event.Time, state string) {
	received, found := ownReceived(record)
	return received, map[presence]string{absent: "absent", given: "given", unreadable: "unreadable"}[found]
}
