package sandbox

import "net"

// Connect gives both ends of a connection without a server.
func Connect() (a, b net.Conn) { return connect() }
