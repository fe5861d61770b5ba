"""The conformance story for kafka-python."""
import story
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic


class KafkaPython:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def create(self, topic, partitions):
        a = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        a.create_topics([NewTopic(topic, partitions, 1)])
        a.close()

    def write(self, topic, codec, records):
        p = KafkaProducer(bootstrap_servers=self.bootstrap, acks="all", enable_idempotence=True, linger_ms=5,
                          batch_size=65536, compression_type=None if codec == "none" else codec)
        errors, last = [], None
        for key, value, headers in records:
            last = p.send(topic, value, key, headers)
            last.add_errback(errors.append)
        p.flush(60)
        last.get(60)
        p.close()
        if errors:
            raise AssertionError(f"{len(errors)} errors: {errors[0]}")

    def consumer(self, group):
        return KafkaConsumer(bootstrap_servers=self.bootstrap, group_id=group, enable_auto_commit=False,
                             auto_offset_reset="earliest", max_poll_records=2000)

    def read(self, topic, group, see, done):
        c = self.consumer(group)
        # 3.0.12 forgets a subscription made while its first Metadata request is on its way (peers/suites/kafka_python_metadata.py).
        c.bootstrap(timeout_ms=10_000)
        c.subscribe([topic])
        try:
            while not done():
                # A poll that ends while the group's answer is under way loses the assignment for ever (3.0.12, with Apache
                # Kafka too), so one poll must outlast the joining.
                for batch in c.poll(1000).values():
                    for r in batch:
                        see(r.partition, r.offset, r.key, r.value, list(r.headers))
            c.commit()
        finally:
            c.close()

    def committed(self, topic, group):
        c = self.consumer(group)
        try:
            return {p: c.committed(TopicPartition(topic, p)) or 0 for p in range(story.PARTITIONS)}
        finally:
            c.close()


story.main(KafkaPython)
