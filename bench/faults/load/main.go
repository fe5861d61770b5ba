// load: writes numbered records with an idempotent producer, has the broker crashed at a random moment and brought back,
// reads everything, and says what became of it. How to crash and to recover are commands; see ../kill9 and ../powercut.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"faultload/check"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	bootstrap = flag.String("b", "127.0.0.1:9092", "")
	cycles    = flag.Int("cycles", 200, "")
	rotate    = flag.Int("rotate", 20, "a new topic after so many cycles; until then each reads all of it again")
	crash     = flag.String("crash", "", "command that ends the broker's life")
	recover_  = flag.String("recover", "", "command that brings it back")
	least     = flag.Duration("least", 150*time.Millisecond, "load before a crash, at least")
	most      = flag.Duration("most", 1500*time.Millisecond, "and at most")
	pause     = flag.Duration("pause", 200*time.Microsecond, "between records of one partition, on average")
	seed      = flag.Int64("seed", time.Now().UnixNano(), "")
	keepOn    = flag.Bool("keep-going", false, "after an anomaly, go on with a new topic")
	settle    = flag.Duration("settle", 90*time.Second, "for the producer to come to rest after a recovery")
)

const (
	small = 6 // partitions of records of 16..1500 bytes
	large = 2 // partitions with bursts of records of 16..200 KiB, past what goes through a journal
	group = "offsets"
)

// fill is the value of record seq of partition p of a topic's generation: its own numbers, and bytes that follow from them.
func fill(generation, p int, seq int64) []byte {
	r := uint64(seq)*0x9e3779b97f4a7c15 + uint64(p)<<32 + uint64(generation) + 1
	next := func() uint64 { r ^= r << 13; r ^= r >> 7; r ^= r << 17; return r }
	size := 24 + int(next()%1500)
	if p >= small && seq%8 >= 4 {
		size = 16<<10 + int(next()%(184<<10))
	}
	v := make([]byte, (size+7)/8*8)
	binary.BigEndian.PutUint64(v, uint64(seq))
	binary.BigEndian.PutUint32(v[8:], uint32(p))
	binary.BigEndian.PutUint32(v[12:], uint32(generation))
	for at := 16; at < len(v); at += 8 {
		binary.LittleEndian.PutUint64(v[at:], next())
	}
	return v
}

// topic is one generation: its producer, and what is known of each partition.
type topic struct {
	name       string
	generation int
	cl         *kgo.Client
	mu         sync.Mutex
	parts      [small + large]check.Partition
	commits    offsets // of the group, over all lives of the broker
	failed     error
}

func client(more ...kgo.Opt) *kgo.Client {
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(*bootstrap), kgo.MetadataMinAge(50 * time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }), kgo.RequestRetries(1 << 30),
		kgo.RetryTimeout(*settle), kgo.DialTimeout(2 * time.Second)}, more...)...)
	if err != nil {
		panic(err)
	}
	return cl
}

func open(generation int) (*topic, error) {
	t := &topic{name: fmt.Sprintf("crash-%d-%d", *seed%1000000, generation), generation: generation}
	t.cl = client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(time.Millisecond),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.StopProducerOnDataLossDetected(), kgo.MaxBufferedRecords(20000))
	for p := range t.parts {
		t.parts[p].Acked = map[int64]int64{}
	}
	r, err := kadm.NewClient(t.cl).CreateTopic(context.Background(), small+large, 1, nil, t.name)
	if err == nil {
		err = r.Err
	}
	if err != nil {
		return t, err
	}
	// the first commit makes the offsets topic, which may take longer than a cycle's load
	end := time.Now().Add(*settle)
	t.commits.commit(kadm.NewClient(t.cl), t.name, func() bool { return t.commits.acked > 0 || time.Now().After(end) })
	return t, t.commits.check(kadm.NewClient(t.cl), t.name)
}

// write hands records of one partition to the producer until stopped.
func (t *topic) write(p int, stop *atomic.Bool, r *rand.Rand) {
	for !stop.Load() {
		t.mu.Lock()
		seq := t.parts[p].Sent
		t.parts[p].Sent++
		t.mu.Unlock()
		t.cl.Produce(context.Background(), &kgo.Record{Topic: t.name, Partition: int32(p), Value: fill(t.generation, p, seq)},
			func(rec *kgo.Record, err error) {
				t.mu.Lock()
				defer t.mu.Unlock()
				if err == nil {
					t.parts[p].Acked[seq] = rec.Offset
				} else if t.failed == nil {
					t.failed = fmt.Errorf("number %d of partition %d: %w", seq, p, err)
				}
			})
		wait := *pause
		if p >= small {
			wait *= 20
		}
		time.Sleep(time.Duration(r.Int63n(int64(2*wait) + 1)))
	}
}

// read takes everything from the start of each partition to its present end.
func (t *topic) read() error {
	ctx, cancel := context.WithTimeout(context.Background(), 120*time.Second)
	defer cancel()
	cl := client()
	defer cl.Close()
	ends, err := kadm.NewClient(cl).ListEndOffsets(ctx, t.name)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return err
	}
	left, from := map[int32]int64{}, map[int32]kgo.Offset{}
	for p := range t.parts {
		t.parts[p].Read = t.parts[p].Read[:0]
		if o, _ := ends.Lookup(t.name, int32(p)); o.Offset > 0 {
			left[int32(p)], from[int32(p)] = o.Offset, kgo.NewOffset().At(0)
		}
	}
	if len(left) == 0 {
		return nil
	}
	cl.AddConsumePartitions(map[string]map[int32]kgo.Offset{t.name: from})
	for len(left) > 0 {
		f := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("reading: no more after 120 s, short of %v", left)
		}
		for _, e := range f.Errors() {
			return fmt.Errorf("reading: %w", e.Err)
		}
		for it := f.RecordIter(); !it.Done(); {
			r := it.Next()
			seen := check.Seen{Offset: r.Offset, Seq: -1}
			if len(r.Value) >= 16 {
				seen.Seq = int64(binary.BigEndian.Uint64(r.Value))
				seen.Whole = bytes.Equal(r.Value, fill(t.generation, int(r.Partition), seen.Seq))
			}
			t.parts[r.Partition].Read = append(t.parts[r.Partition].Read, seen)
			if end, more := left[r.Partition]; more && r.Offset+1 >= end {
				delete(left, r.Partition)
			}
		}
	}
	return nil
}

// offsets commits ever larger offsets for a group and remembers the last one acknowledged.
type offsets struct {
	tried, acked int64
	last         error
}

func (o *offsets) commit(adm *kadm.Client, topic string, enough func() bool) {
	for !enough() {
		o.tried++
		ctx, cancel := context.WithTimeout(context.Background(), *settle)
		r, err := adm.CommitOffsets(ctx, group+topic, kadm.OffsetsFromRecords(kgo.Record{Topic: topic, Partition: 0, Offset: o.tried - 1, LeaderEpoch: -1}))
		cancel()
		if err == nil {
			err = r.Error()
		}
		if err == nil {
			o.acked = o.tried
		} else {
			o.last = err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (o *offsets) check(adm *kadm.Client, topic string) error {
	if o.acked == 0 {
		return fmt.Errorf("no offset could be committed: %w", o.last)
	}
	ctx, cancel := context.WithTimeout(context.Background(), *settle)
	defer cancel()
	r, err := adm.FetchOffsets(ctx, group+topic)
	if err != nil {
		return err
	}
	got, ok := r.Lookup(topic, 0)
	if !ok || got.At < o.acked || got.At > o.tried {
		return fmt.Errorf("LOST commit: offset %d was acknowledged, %d the last tried, the group stands at %d (found %v)", o.acked, o.tried, got.At, ok)
	}
	return nil
}

func sh(command string) error {
	c := exec.Command("bash", "-c", command)
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, out)
	}
	return nil
}

// cycle is one life of the broker: load, crash, recovery, rest, and the reading of everything.
func (t *topic) cycle(r *rand.Rand, number int, made map[string]bool) (check.Verdict, error) {
	var stop atomic.Bool
	var writers sync.WaitGroup
	for p := range t.parts {
		own := rand.New(rand.NewSource(r.Int63()))
		writers.Go(func() { t.write(p, &stop, own) })
	}
	side := client()
	defer side.Close()
	adm := kadm.NewClient(side)
	writers.Go(func() { t.commits.commit(adm, t.name, stop.Load) })
	life := *least + time.Duration(r.Int63n(int64(*most-*least)+1))
	extra := fmt.Sprintf("made-%d-%d", *seed%1000000, number)
	writers.Go(func() {
		time.Sleep(life * 3 / 4)
		ctx, cancel := context.WithTimeout(context.Background(), *settle)
		defer cancel()
		if res, err := adm.CreateTopic(ctx, 1, 1, nil, extra); err == nil && res.Err == nil {
			t.mu.Lock()
			made[extra] = true
			t.mu.Unlock()
		}
	})
	time.Sleep(life)
	if err := sh(*crash); err != nil {
		return check.Verdict{}, err
	}
	stop.Store(true)
	t0 := time.Now()
	if err := sh(*recover_); err != nil {
		return check.Verdict{}, fmt.Errorf("RECOVERY failed: %w", err)
	}
	up := time.Since(t0)
	writers.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), *settle)
	defer cancel()
	var trouble []error
	if err := t.cl.Flush(ctx); err != nil {
		trouble = append(trouble, fmt.Errorf("the producer did not come to rest: %w", err))
	}
	if t.failed != nil {
		trouble = append(trouble, fmt.Errorf("producer: %w", t.failed))
	}
	var v check.Verdict
	if err := t.read(); err != nil {
		trouble = append(trouble, err)
	}
	t.mu.Lock()
	for p := range t.parts {
		v.Add(check.Check(fmt.Sprintf("%s-%d", t.name, p), t.parts[p]))
	}
	t.mu.Unlock()
	if err := t.commits.check(adm, t.name); err != nil {
		trouble = append(trouble, err)
	}
	if have, err := adm.ListTopics(ctx); err != nil {
		trouble = append(trouble, err)
	} else {
		for name := range made {
			if !have.Has(name) {
				v.Lost++
				v.Examples = append(v.Examples, "topic "+name+" was created, and is not there")
			}
		}
	}
	fmt.Printf("cycle %d: %d ms of load, back in %d ms; %v; offset committed %d\n", number, life.Milliseconds(), up.Milliseconds(), v, t.commits.acked)
	return v, errors.Join(trouble...)
}

func main() {
	flag.Parse()
	fmt.Printf("seed %d\n", *seed)
	r := rand.New(rand.NewSource(*seed))
	var t *topic
	var err error
	made := map[string]bool{}
	var all check.Verdict
	bad, lossy, done, generation := 0, 0, 0, 0
	for n := 1; n <= *cycles; n++ {
		if t == nil || (n-1)%*rotate == 0 {
			if t != nil {
				t.cl.Close()
			}
			generation++
			if t, err = open(generation); err != nil {
				fmt.Println("could not create a topic:", err)
				os.Exit(1)
			}
		}
		v, err := t.cycle(r, n, made)
		done++
		if v.Lost > 0 {
			lossy++
		}
		if !v.Good() || err != nil {
			bad++
			for _, e := range v.Examples {
				fmt.Println("  " + e)
			}
			if err != nil {
				fmt.Println("  " + err.Error())
			}
			if !*keepOn {
				all.Add(v)
				break
			}
			t.cl.Close()
			t, made = nil, map[string]bool{}
		}
		if !v.Good() || t == nil || n == *cycles || n%*rotate == 0 {
			all.Add(v)
		}
	}
	fmt.Println("all topics:", all)
	fmt.Printf("%d passed, %d failed, %d skipped (cycles; %d with loss)\n", done-bad, bad, *cycles-done, lossy)
	if bad > 0 {
		os.Exit(1)
	}
}
