// The conformance story for segmentio/kafka-go. It has no idempotent producer, so its batches go out one after another.
package main

import (
	"context"
	"errors"
	"time"

	"conformance/suite"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
)

type client struct {
	bootstrap string
	c         *kafka.Client
}

var codecs = map[string]compress.Compression{"none": compress.None, "gzip": compress.Gzip, "snappy": compress.Snappy,
	"lz4": compress.Lz4, "zstd": compress.Zstd}

func (c *client) Create(topic string, partitions int) error {
	r, err := c.c.CreateTopics(context.Background(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}}})
	if err != nil {
		return err
	}
	return r.Errors[topic]
}

func (c *client) Write(topic, codec string, next func() (suite.Record, bool)) error {
	w := &kafka.Writer{Addr: kafka.TCP(c.bootstrap), Topic: topic, Balancer: &kafka.Murmur2Balancer{},
		RequiredAcks: kafka.RequireAll, Compression: codecs[codec], BatchTimeout: 5 * time.Millisecond, BatchSize: 1000}
	defer w.Close()
	var out []kafka.Message
	for r, ok := next(); ; r, ok = next() {
		if len(out) == 5000 || !ok {
			if err := w.WriteMessages(context.Background(), out...); err != nil {
				return err
			}
			out = out[:0]
		}
		if !ok {
			return nil
		}
		m := kafka.Message{Key: r.Key, Value: r.Value}
		for _, h := range r.Headers {
			m.Headers = append(m.Headers, kafka.Header{Key: h.Key, Value: h.Value})
		}
		out = append(out, m)
	}
}

func (c *client) Read(topic, group string, each func(suite.Record) error, done func() bool) error {
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{c.bootstrap}, GroupID: group, Topic: topic, MinBytes: 1,
		MaxBytes: 8 << 20, MaxWait: 200 * time.Millisecond, StartOffset: kafka.FirstOffset, QueueCapacity: 10000})
	defer r.Close()
	last := map[int]kafka.Message{}
	for !done() {
		ctx, stop := context.WithTimeout(context.Background(), 100*time.Millisecond)
		m, err := r.FetchMessage(ctx)
		stop()
		if errors.Is(err, context.DeadlineExceeded) {
			continue
		} else if err != nil {
			return err
		}
		last[m.Partition] = m
		in := suite.Record{Key: m.Key, Value: m.Value, Partition: int32(m.Partition), Offset: m.Offset}
		for _, h := range m.Headers {
			in.Headers = append(in.Headers, suite.Header{Key: h.Key, Value: h.Value})
		}
		if err := each(in); err != nil {
			return err
		}
	}
	for _, m := range last {
		if err := r.CommitMessages(context.Background(), m); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) Committed(topic, group string) (at [suite.Partitions]int64, err error) {
	r, err := c.c.OffsetFetch(context.Background(), &kafka.OffsetFetchRequest{GroupID: group,
		Topics: map[string][]int{topic: {0, 1, 2}}})
	if err == nil {
		err = r.Error
	}
	if err != nil {
		return at, err
	}
	for _, p := range r.Topics[topic] {
		if p.Error != nil {
			return at, p.Error
		}
		at[p.Partition] = p.CommittedOffset
	}
	return at, nil
}

func main() {
	suite.Main(func(bootstrap string) (suite.Client, error) {
		return &client{bootstrap, &kafka.Client{Addr: kafka.TCP(bootstrap), Timeout: 20 * time.Second}}, nil
	})
}
