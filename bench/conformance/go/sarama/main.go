// The conformance story for IBM/sarama.
package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"conformance/suite"

	"github.com/IBM/sarama"
)

type client struct{ bootstrap []string }

var codecs = map[string]sarama.CompressionCodec{"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD}

func config() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	return c
}

func (c *client) Create(topic string, partitions int) error {
	a, err := sarama.NewClusterAdmin(c.bootstrap, config())
	if err != nil {
		return err
	}
	defer a.Close()
	return a.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: int32(partitions), ReplicationFactor: 1}, false)
}

func (c *client) Write(topic, codec string, next func() (suite.Record, bool)) error {
	cfg := config()
	cfg.Producer.RequiredAcks, cfg.Producer.Idempotent, cfg.Net.MaxOpenRequests = sarama.WaitForAll, true, 1
	cfg.Producer.Compression, cfg.Producer.Flush.Frequency = codecs[codec], 5*time.Millisecond
	cfg.Producer.Return.Successes = true
	p, err := sarama.NewAsyncProducer(c.bootstrap, cfg)
	if err != nil {
		return err
	}
	ended := make(chan error)
	var left sync.WaitGroup
	go func() {
		var first error
		ok, bad := p.Successes(), p.Errors()
		for ok != nil || bad != nil {
			select {
			case _, more := <-ok:
				if !more {
					ok = nil
				} else {
					left.Done()
				}
			case e, more := <-bad:
				if !more {
					bad = nil
					continue
				}
				if first == nil {
					first = e
				}
				left.Done()
			}
		}
		ended <- first
	}()
	for r, ok := next(); ok; r, ok = next() {
		left.Add(1)
		m := &sarama.ProducerMessage{Topic: topic, Key: sarama.ByteEncoder(r.Key)}
		if r.Value != nil {
			m.Value = sarama.ByteEncoder(r.Value)
		}
		for _, h := range r.Headers {
			m.Headers = append(m.Headers, sarama.RecordHeader{Key: []byte(h.Key), Value: h.Value})
		}
		p.Input() <- m
	}
	left.Wait() // a producer that is closing does not retry
	p.AsyncClose()
	return <-ended
}

// reader is the group's handler; its claims take turns, for the judge looks at one record at a time.
type reader struct {
	each   func(suite.Record) error
	turn   chan struct{}
	failed error
	stop   func()
}

func (r *reader) Setup(sarama.ConsumerGroupSession) error     { return nil }
func (r *reader) Cleanup(s sarama.ConsumerGroupSession) error { s.Commit(); return nil }
func (r *reader) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case <-s.Context().Done():
			return nil
		case m, ok := <-claim.Messages():
			if !ok {
				return nil
			}
			in := suite.Record{Key: m.Key, Value: m.Value, Partition: m.Partition, Offset: m.Offset}
			for _, h := range m.Headers {
				in.Headers = append(in.Headers, suite.Header{Key: string(h.Key), Value: h.Value})
			}
			<-r.turn
			if r.failed == nil {
				if r.failed = r.each(in); r.failed != nil {
					r.stop()
				}
			}
			r.turn <- struct{}{}
			s.MarkMessage(m, "")
		}
	}
}

func (c *client) Read(topic, group string, each func(suite.Record) error, done func() bool) error {
	cfg := config()
	cfg.Consumer.Offsets.Initial, cfg.Consumer.Offsets.AutoCommit.Enable = sarama.OffsetOldest, false
	g, err := sarama.NewConsumerGroup(c.bootstrap, group, cfg)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &reader{each: each, turn: make(chan struct{}, 1), stop: stop}
	r.turn <- struct{}{}
	go func() {
		for ctx.Err() == nil {
			time.Sleep(50 * time.Millisecond)
			<-r.turn
			if done() {
				stop()
			}
			r.turn <- struct{}{}
		}
	}()
	for ctx.Err() == nil {
		if err := g.Consume(ctx, []string{topic}, r); err != nil && !errors.Is(err, context.Canceled) {
			stop()
			g.Close()
			return err
		}
	}
	stop()
	if err := g.Close(); err != nil {
		return err
	}
	return r.failed
}

func (c *client) Committed(topic, group string) (at [suite.Partitions]int64, err error) {
	a, err := sarama.NewClusterAdmin(c.bootstrap, config())
	if err != nil {
		return at, err
	}
	defer a.Close()
	o, err := a.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0, 1, 2}})
	if err != nil {
		return at, err
	}
	for p := range at {
		if b := o.GetBlock(topic, int32(p)); b != nil {
			at[p] = b.Offset
		}
	}
	return at, nil
}

func main() {
	suite.Main(func(bootstrap string) (suite.Client, error) { return &client{[]string{bootstrap}}, nil })
}
