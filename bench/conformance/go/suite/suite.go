// Package suite is the conformance story for Go clients: what is written, what must be read back, and what is printed
// (see ../../README.md). A client only has to do what Client asks for.
package suite

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const Partitions = 3

type Header struct {
	Key   string
	Value []byte
}

type Record struct {
	Key, Value []byte
	Headers    []Header
	Partition  int32
	Offset     int64
}

// Client is one library under test.
type Client interface {
	Create(topic string, partitions int) error
	// Write sends records and returns once every one is acknowledged by all replicas.
	Write(topic, codec string, next func() (Record, bool)) error
	// Read joins the group, shows each record until done says so, commits what was shown, and leaves.
	Read(topic, group string, each func(Record) error, done func() bool) error
	Committed(topic, group string) ([Partitions]int64, error)
}

// Make is the i-th record.
func Make(i int) Record {
	r := Record{Key: []byte("key-" + strconv.Itoa(i%1000)), Headers: []Header{{"i", []byte(strconv.Itoa(i))},
		{"bin", []byte{0, 1, 0xfe, 0xff}}, {"i", []byte("again")}, {"empty", []byte{}}}}
	if i%1000 != 999 {
		text := strconv.Itoa(i) + ":"
		size := 20 + i*31%180
		r.Value = append(append(make([]byte, 0, size+2), 0, 0xfe), strings.Repeat(text, size/len(text)+1)[:size]...)
	}
	return r
}

// judge looks at what is read: each record once, byte-equal, in order, at consecutive offsets, a key on one partition.
type judge struct {
	from, to, count int
	seen            []bool
	last            [Partitions]int
	next            [Partitions]int64
	home            map[string]int32
}

func (j *judge) see(r Record) error {
	at := fmt.Sprintf("%d:%d", r.Partition, r.Offset)
	if len(r.Headers) == 0 {
		return fmt.Errorf("no headers at %s", at)
	}
	i, err := strconv.Atoi(string(r.Headers[0].Value))
	if err != nil {
		return fmt.Errorf("header %q at %s", r.Headers[0].Value, at)
	}
	want := Make(i)
	same := len(want.Headers) == len(r.Headers)
	for h := 0; same && h < len(want.Headers); h++ {
		same = want.Headers[h].Key == r.Headers[h].Key && bytes.Equal(want.Headers[h].Value, r.Headers[h].Value)
	}
	home, known := j.home[string(r.Key)]
	switch {
	case i < j.from || i >= j.to:
		return fmt.Errorf("record %d at %s was not to be seen now", i, at)
	case j.seen[i-j.from]:
		return fmt.Errorf("record %d at %s seen twice", i, at)
	case !bytes.Equal(want.Key, r.Key):
		return fmt.Errorf("record %d at %s: key differs", i, at)
	case !bytes.Equal(want.Value, r.Value) || (want.Value == nil) != (r.Value == nil):
		return fmt.Errorf("record %d at %s: value differs", i, at)
	case !same:
		return fmt.Errorf("record %d at %s: headers differ", i, at)
	case i <= j.last[r.Partition]:
		return fmt.Errorf("record %d at %s after record %d", i, at, j.last[r.Partition])
	case r.Offset != j.next[r.Partition]:
		return fmt.Errorf("record %d at %s: wanted offset %d", i, at, j.next[r.Partition])
	case known && home != r.Partition:
		return fmt.Errorf("record %d at %s: its key was on partition %d", i, at, home)
	}
	j.home[string(r.Key)], j.seen[i-j.from], j.last[r.Partition], j.next[r.Partition] = r.Partition, true, i, r.Offset+1
	j.count++
	return nil
}

func text(o [Partitions]int64) string {
	var s []string
	for p, at := range o {
		s = append(s, fmt.Sprintf("%d:%d", p, at))
	}
	return strings.Join(s, ",")
}

// committed is where the group stands; a partition it never committed counts as 0.
func committed(c Client, topic, group string) ([Partitions]int64, error) {
	at, err := c.Committed(topic, group)
	for p := range at {
		at[p] = max(at[p], 0)
	}
	return at, err
}

func story(c Client, resume bool, topic, codec string, records, more int) error {
	from, to := 0, records
	group := topic + "-group"
	j := &judge{home: map[string]int32{}}
	if resume {
		from, to = records, records+more
	} else if err := c.Create(topic, Partitions); err != nil {
		return fmt.Errorf("create: %w", err)
	} else {
		time.Sleep(300 * time.Millisecond) // Kafka answers before its partitions are up, and a client that met that retries for seconds
	}
	j.from, j.to, j.seen = from, to, make([]bool, to-from)
	for p := range j.last {
		j.last[p] = -1
	}
	t0, i := time.Now(), from
	err := c.Write(topic, codec, func() (Record, bool) { i++; return Make(i - 1), i <= to })
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	t1 := time.Now()
	if resume {
		if j.next, err = committed(c, topic, group); err != nil {
			return fmt.Errorf("committed: %w", err)
		}
		fmt.Println("resumed", codec, text(j.next))
	}
	var full time.Time // when the last one was seen; then a little longer, for what should not come
	deadline := t1.Add(120 * time.Second)
	err = c.Read(topic, group, j.see, func() bool {
		if j.count == to-from && full.IsZero() {
			full = time.Now()
		}
		return time.Now().After(deadline) || !full.IsZero() && time.Since(full) > 300*time.Millisecond
	})
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if j.count != to-from {
		return fmt.Errorf("read %d of %d in 120 s", j.count, to-from)
	}
	now, err := committed(c, topic, group)
	if err != nil || now != j.next {
		return fmt.Errorf("committed %s, the broker says %s, %v", text(j.next), text(now), err)
	}
	fmt.Println("committed", codec, text(now))
	fmt.Printf("pass %s write %.1f s read %.1f s\n", codec, t1.Sub(t0).Seconds(), time.Since(t1).Seconds())
	return nil
}

// Main runs: write|resume BOOTSTRAP PREFIX RECORDS MORE CODEC...
func Main(open func(bootstrap string) (Client, error)) {
	a := os.Args[1:]
	records, _ := strconv.Atoi(a[3])
	more, _ := strconv.Atoi(a[4])
	c, err := open(a[1])
	if err != nil {
		fmt.Println("fail all", err)
		os.Exit(1)
	}
	bad := 0
	for _, codec := range a[5:] {
		if err := story(c, a[0] == "resume", a[2]+"-"+codec, codec, records, more); err != nil {
			bad = 1
			fmt.Println("fail", codec, err)
		}
	}
	os.Exit(bad)
}
