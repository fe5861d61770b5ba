// Package check judges what a log holds against what was sent and acknowledged. It knows no client and no broker, so that
// it can itself be tested on histories in which something was planted.
package check

import (
	"fmt"
	"sort"
)

// Partition is all that is known of one partition.
type Partition struct {
	Sent  int64           // sequence numbers 0..Sent were handed to the producer, in this order
	Acked map[int64]int64 // sequence number to the offset that was acknowledged
	Read  []Seen          // what is there, as it was read
}

// Seen is one record that was read.
type Seen struct {
	Offset, Seq int64
	Whole       bool // the bytes are those that were sent to this partition under this sequence number
}

// Verdict counts anomalies; all zero is good.
type Verdict struct {
	Read       int64
	Acked      int64
	Lost       int64 // acknowledged, not there
	Duplicated int64 // there more often than once
	Reordered  int64 // there behind one that was sent later
	Moved      int64 // acknowledged at another offset than where it is
	Foreign    int64 // never sent, or not the bytes that were sent
	Examples   []string
}

func (v *Verdict) Good() bool {
	return v.Lost+v.Duplicated+v.Reordered+v.Moved+v.Foreign == 0
}

func (v *Verdict) Add(o Verdict) {
	v.Read, v.Acked = v.Read+o.Read, v.Acked+o.Acked
	v.Lost, v.Duplicated, v.Reordered = v.Lost+o.Lost, v.Duplicated+o.Duplicated, v.Reordered+o.Reordered
	v.Moved, v.Foreign = v.Moved+o.Moved, v.Foreign+o.Foreign
	v.Examples = append(v.Examples, o.Examples...)
	v.Examples = v.Examples[:min(len(v.Examples), examplesMax)]
}

func (v Verdict) String() string {
	return fmt.Sprintf("%d acknowledged, %d read: %d lost, %d duplicated, %d reordered, %d moved, %d foreign",
		v.Acked, v.Read, v.Lost, v.Duplicated, v.Reordered, v.Moved, v.Foreign)
}

const examplesMax = 12

// Check judges one partition. A record that was sent and never acknowledged may be there or not, but once and in its place.
func Check(name string, p Partition) Verdict {
	v := Verdict{Acked: int64(len(p.Acked)), Read: int64(len(p.Read))}
	say := func(count *int64, format string, a ...any) {
		*count++
		if len(v.Examples) < examplesMax {
			v.Examples = append(v.Examples, name+": "+fmt.Sprintf(format, a...))
		}
	}
	read := append([]Seen(nil), p.Read...)
	sort.SliceStable(read, func(a, b int) bool { return read[a].Offset < read[b].Offset })
	at, last, lastOffset := map[int64]int64{}, int64(-1), int64(-1)
	for _, s := range read {
		if s.Offset == lastOffset {
			say(&v.Duplicated, "offset %d holds two records", s.Offset)
		}
		lastOffset = s.Offset
		if !s.Whole || s.Seq < 0 || s.Seq >= p.Sent {
			say(&v.Foreign, "offset %d holds number %d (sent 0..%d), bytes as sent: %v", s.Offset, s.Seq, p.Sent, s.Whole)
			continue
		}
		if first, there := at[s.Seq]; there {
			say(&v.Duplicated, "number %d at offset %d and again at %d", s.Seq, first, s.Offset)
			continue
		}
		at[s.Seq] = s.Offset
		if s.Seq < last {
			say(&v.Reordered, "number %d at offset %d, behind number %d", s.Seq, s.Offset, last)
		}
		last = max(last, s.Seq)
	}
	acked := make([]int64, 0, len(p.Acked))
	for seq := range p.Acked {
		acked = append(acked, seq)
	}
	sort.Slice(acked, func(a, b int) bool { return acked[a] < acked[b] })
	for _, seq := range acked {
		offset, there := at[seq]
		if !there {
			say(&v.Lost, "number %d, acknowledged at offset %d, is not there", seq, p.Acked[seq])
		} else if offset != p.Acked[seq] {
			say(&v.Moved, "number %d, acknowledged at offset %d, is at %d", seq, p.Acked[seq], offset)
		}
	}
	return v
}
