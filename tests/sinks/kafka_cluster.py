"""A cluster that Kafka's own C library plays, and its own consumer: real connections, no server to install."""

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

DEADLINE = 60


def played(number):
    """(its owner, its brokers as host:port); it goes away with its owner."""
    owner = Producer({"bootstrap.servers": "of.the.test:1", "test.mock.num.brokers": number, "log_level": 0})
    return owner, [f"{each.host}:{each.port}" for each in owner.list_topics(timeout=DEADLINE).brokers.values()]


def consumed(brokers, topic, number):
    """Of a topic that is there."""
    consumer, found = Consumer({"bootstrap.servers": ",".join(brokers), "group.id": "test"}), []
    try:
        partitions = consumer.list_topics(topic, timeout=DEADLINE).topics[topic].partitions
        consumer.assign([TopicPartition(topic, each, OFFSET_BEGINNING) for each in partitions])
        while len(found) < number:
            message = consumer.poll(DEADLINE)
            assert message is not None
            if message.error() is None:
                found.append(message)
    finally:
        consumer.close()
    return found
