package vendors

import (
	"encoding/binary"
	"hash/crc32"
	"net/http"
)

// frames writes events in the framing of
// https://smithy.io/2.0/aws/amazon-eventstream.html.
type frames struct{ w http.ResponseWriter }

func newFrames(w http.ResponseWriter) frames {
	w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	w.WriteHeader(http.StatusOK)
	return frames{w}
}

func (f frames) event(kind string, o object) {
	var head []byte
	for _, h := range [][2]string{{":event-type", kind}, {":content-type", "application/json"}, {":message-type", "event"}} {
		head = append(append(head, byte(len(h[0]))), h[0]...)
		head = append(head, 7) // a string
		head = append(binary.BigEndian.AppendUint16(head, uint16(len(h[1]))), h[1]...)
	}
	body := jsonText(o)
	frame := binary.BigEndian.AppendUint32(nil, uint32(16+len(head)+len(body)))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(head)))
	frame = binary.BigEndian.AppendUint32(frame, crc32.ChecksumIEEE(frame))
	frame = append(append(frame, head...), body...)
	frame = binary.BigEndian.AppendUint32(frame, crc32.ChecksumIEEE(frame))
	_, _ = f.w.Write(frame)
	f.w.(http.Flusher).Flush()
}
