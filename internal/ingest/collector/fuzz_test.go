package collector_test

import (
	"errors"
	"testing"

	"globalmart/internal/event"
)

func FuzzBatch(f *testing.F) {
	for _, seed := range []string{
		view, `null`, `{"type":"identify","userId":"u","traits":{"createdAt":"2020-01-01T00:00:00Z"}}`,
		`{"type":"track","event":"Order Completed","userId":"u","properties":{"order_id":"o","total":"1e3","products":[{"product_id":"p","price":-0.1,"quantity":"9"},7,null]}}`,
		`{"type":"track","event":"Order Refunded","anonymousId":"\u0000","properties":{"order_id":1,"products":{},"currency":"€"}}`,
		`{"type":"track","event":"Cart Viewed","anonymousId":"a","properties":{"products":[{}]},"context":{"page":{"referrer":"http://[::1"}}}`,
		`{"type":"track","event":"Product Added","userId":false,"messageId":[],"timestamp":1,"context":7,"properties":"x"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		r := newRig(t)
		a := r.send(t, "/v1/batch", `{"batch":[`+message+`]}`)
		if a.status != 200 {
			if a.status >= 500 || len(r.log.records) > 0 {
				t.Fatalf("status %d, %d records: %s\n%s", a.status, len(r.log.records), a.body, &r.said)
			}
			return
		}
		if len(r.log.records) != a.Accepted+a.RejectedCount {
			t.Fatalf("%d records: %s", len(r.log.records), a.body)
		}
		refused := map[int]string{}
		for _, rejected := range a.Rejected {
			refused[rejected.Index] = rejected.Code
		}
		for i, record := range r.log.records {
			if len(record.Value) > event.MaxRecordBytes {
				t.Errorf("record %d has %d bytes", i, len(record.Value))
			}
			if record.Topic == event.TopicOtherEvents {
				continue
			}
			_, err := decode(record)
			invalid, bad := errors.AsType[*event.Invalid](err)
			switch told, ok := refused[i]; {
			case ok && (!bad || told != string(invalid.Reason)), !ok && bad && len(a.Rejected) == a.RejectedCount:
				t.Errorf("the stream says %v, the client was told %q: %s", err, told, record.Value)
			}
		}
	})
}
