package event

// ScanRecord exposes the fast scanner alone: whether it takes record.
func (d *Decoder) ScanRecord(record []byte, received Time, e *Event) bool {
	ok := d.scan(record, e)
	e.ReceivedAt = received
	return ok
}

// DecodeStrictly decodes by the strict reader alone.
func (d *Decoder) DecodeStrictly(record []byte, received Time, e *Event) *Invalid {
	if invalid := d.read(record, e); invalid != nil {
		return invalid
	}
	e.ReceivedAt = received
	return e.check(false)
}
