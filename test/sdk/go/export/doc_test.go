// Package export tests exports against servers that are too heavy for the product's
// module: a Kafka, a NATS with JetStream and a storage that speaks S3, all in the process.
package export
