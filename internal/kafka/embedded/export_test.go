package embedded

// ApplyRetention trims as the broker itself would once an hour.
func ApplyRetention(b *Broker) { b.cluster.ApplyRetention() }
