//go:build !synctests

package sim

// tagged says that the Kafka client was built for virtual time.
const tagged = false
