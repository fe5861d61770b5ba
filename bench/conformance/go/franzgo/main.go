// The conformance story for franz-go (kgo and kadm).
package main

import (
	"context"
	"sync/atomic"
	"time"

	"conformance/suite"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

type client struct {
	bootstrap string
	admin     *kadm.Client
}

var codecs = map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}

func (c *client) Create(topic string, partitions int) error {
	r, err := c.admin.CreateTopic(context.Background(), int32(partitions), 1, nil, topic)
	if err != nil {
		return err
	}
	return r.Err
}

func (c *client) Write(topic, codec string, next func() (suite.Record, bool)) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.bootstrap), kgo.ProducerBatchCompression(codecs[codec]),
		kgo.ProducerLinger(5*time.Millisecond), kgo.DefaultProduceTopic(topic))
	if err != nil {
		return err
	}
	defer cl.Close()
	var failed atomic.Value
	for r, ok := next(); ok && failed.Load() == nil; r, ok = next() {
		out := &kgo.Record{Key: r.Key, Value: r.Value}
		for _, h := range r.Headers {
			out.Headers = append(out.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
		cl.Produce(context.Background(), out, func(_ *kgo.Record, err error) {
			if err != nil {
				failed.CompareAndSwap(nil, err)
			}
		})
	}
	if err := cl.Flush(context.Background()); err != nil {
		return err
	}
	err, _ = failed.Load().(error)
	return err
}

func (c *client) Read(topic, group string, each func(suite.Record) error, done func() bool) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.bootstrap), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	if err != nil {
		return err
	}
	defer cl.Close()
	for !done() {
		ctx, stop := context.WithTimeout(context.Background(), 100*time.Millisecond)
		f := cl.PollFetches(ctx)
		stop()
		for _, e := range f.Errors() {
			if e.Err != context.DeadlineExceeded {
				return e.Err
			}
		}
		for it := f.RecordIter(); !it.Done(); {
			r := it.Next()
			in := suite.Record{Key: r.Key, Value: r.Value, Partition: r.Partition, Offset: r.Offset}
			for _, h := range r.Headers {
				in.Headers = append(in.Headers, suite.Header{Key: h.Key, Value: h.Value})
			}
			if err := each(in); err != nil {
				return err
			}
		}
	}
	return cl.CommitUncommittedOffsets(context.Background())
}

func (c *client) Committed(topic, group string) (at [suite.Partitions]int64, err error) {
	o, err := c.admin.FetchOffsets(context.Background(), group)
	if err != nil {
		return at, err
	}
	for p := range at {
		if r, ok := o.Lookup(topic, int32(p)); ok {
			at[p] = r.At
		}
	}
	return at, nil
}

func main() {
	suite.Main(func(bootstrap string) (suite.Client, error) {
		cl, err := kgo.NewClient(kgo.SeedBrokers(bootstrap))
		if err != nil {
			return nil, err
		}
		return &client{bootstrap, kadm.NewClient(cl)}, nil
	})
}
