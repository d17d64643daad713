"""OMS: an event-sourced Ontology Management System on NATS JetStream. Only this package is public."""
