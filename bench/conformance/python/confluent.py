"""The conformance story for confluent-kafka (librdkafka)."""
import story
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


class Confluent:
    def __init__(self, bootstrap):
        self.common = {"bootstrap.servers": bootstrap}

    def create(self, topic, partitions):
        admin = AdminClient(self.common)
        for f in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
            f.result(30)

    def write(self, topic, codec, records):
        errors = []
        p = Producer({**self.common, "enable.idempotence": True, "compression.type": codec, "linger.ms": 5,
                      "queue.buffering.max.messages": 1_000_000})

        def delivered(error, _):
            if error:
                errors.append(error)

        for n, (key, value, headers) in enumerate(records):
            p.produce(topic, value, key, headers=headers, on_delivery=delivered)
            if n % 1000 == 0:
                p.poll(0)
        left = p.flush(60)
        if errors or left:
            raise AssertionError(f"{len(errors)} errors, {left} unsent: {errors[:1]}")

    def consumer(self, group):
        return Consumer({**self.common, "group.id": group, "enable.auto.commit": False, "auto.offset.reset": "earliest",
                         "check.crcs": True})

    def read(self, topic, group, see, done):
        c = self.consumer(group)
        c.subscribe([topic])
        try:
            while not done():
                for m in c.consume(2000, 0.1):
                    if m.error():
                        raise AssertionError(m.error())
                    see(m.partition(), m.offset(), m.key(), m.value(), m.headers())
            c.commit(asynchronous=False)
        finally:
            c.close()

    def committed(self, topic, group):
        c = self.consumer(group)
        try:
            got = c.committed([TopicPartition(topic, p) for p in range(story.PARTITIONS)], 30)
            return {tp.partition: max(tp.offset, 0) for tp in got}
        finally:
            c.close()


story.main(Confluent)
