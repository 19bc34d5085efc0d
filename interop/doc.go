// Package interop tries clients of other protocols, as they are, over this module's netconn against their real servers, natively and
// in a browser: nats.go with nats-server, and paho with Mosquitto. It is a module of its own, so that nobody else depends on them.
package interop
