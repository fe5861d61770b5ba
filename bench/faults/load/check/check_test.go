// The checker finds what is planted, each kind as itself, and accuses no good history.
package check

import (
	"math/rand"
	"testing"
)

// good is a history as a faultless broker leaves it: some of the tail unacknowledged, of which some is there.
func good(r *rand.Rand) Partition {
	p := Partition{Sent: 20 + r.Int63n(200), Acked: map[int64]int64{}}
	acked := p.Sent - r.Int63n(10)
	there := acked + r.Int63n(p.Sent-acked+1)
	offset := r.Int63n(50)
	for seq := int64(0); seq < there; seq++ {
		p.Read = append(p.Read, Seen{offset, seq, true})
		if seq < acked {
			p.Acked[seq] = offset
		}
		offset++
	}
	return p
}

func TestGoodHistoriesPass(t *testing.T) {
	for seed := range int64(1000) {
		p := good(rand.New(rand.NewSource(seed)))
		if v := Check("p", p); !v.Good() || v.Read != int64(len(p.Read)) || v.Acked != int64(len(p.Acked)) {
			t.Fatalf("seed %d: %v %v", seed, v, v.Examples)
		}
	}
}

func TestReadOrderDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	p := good(r)
	r.Shuffle(len(p.Read), func(a, b int) { p.Read[a], p.Read[b] = p.Read[b], p.Read[a] })
	if v := Check("p", p); !v.Good() {
		t.Fatal(v, v.Examples)
	}
}

// Each plant spoils a good history at i, a position within what was acknowledged and not its end.
var plants = map[string]struct {
	plant func(p *Partition, i int)
	count func(v Verdict) int64
}{
	"one lost":  {func(p *Partition, i int) { p.Read = append(p.Read[:i:i], p.Read[i+1:]...) }, func(v Verdict) int64 { return v.Lost }},
	"tail lost": {func(p *Partition, i int) { p.Read = p.Read[:i] }, func(v Verdict) int64 { return v.Lost }},
	"all lost":  {func(p *Partition, _ int) { p.Read = nil }, func(v Verdict) int64 { return v.Lost }},
	"written again at the end": {func(p *Partition, i int) {
		p.Read = append(p.Read, Seen{p.Read[len(p.Read)-1].Offset + 1, p.Read[i].Seq, true})
	}, func(v Verdict) int64 { return v.Duplicated }},
	"read twice": {func(p *Partition, i int) { p.Read = append(p.Read, p.Read[i]) }, func(v Verdict) int64 { return v.Duplicated }},
	"two changed places": {func(p *Partition, i int) {
		p.Read[i].Seq, p.Read[i+1].Seq = p.Read[i+1].Seq, p.Read[i].Seq
	}, func(v Verdict) int64 { return v.Reordered }},
	"moved by a gap": {func(p *Partition, i int) {
		for k := i; k < len(p.Read); k++ {
			p.Read[k].Offset++
		}
	}, func(v Verdict) int64 { return v.Moved }},
	"other bytes":   {func(p *Partition, i int) { p.Read[i].Whole = false }, func(v Verdict) int64 { return v.Foreign }},
	"never sent":    {func(p *Partition, i int) { p.Read[i].Seq = p.Sent }, func(v Verdict) int64 { return v.Foreign }},
	"less than any": {func(p *Partition, i int) { p.Read[i].Seq = -1 }, func(v Verdict) int64 { return v.Foreign }},
}

func TestPlantedAnomaliesAreFound(t *testing.T) {
	for name, c := range plants {
		for seed := range int64(100) {
			r := rand.New(rand.NewSource(seed))
			p := good(r)
			i := r.Intn(len(p.Acked) - 1)
			c.plant(&p, i)
			if v := Check("p", p); v.Good() || c.count(v) == 0 || len(v.Examples) == 0 {
				t.Fatalf("%s at %d, seed %d: %v", name, i, seed, v)
			}
		}
	}
}

func TestAnUnacknowledgedRecordMayBeMissing(t *testing.T) {
	p := Partition{Sent: 3, Acked: map[int64]int64{0: 0, 2: 1}, Read: []Seen{{0, 0, true}, {1, 2, true}}}
	if v := Check("p", p); !v.Good() {
		t.Fatal(v, v.Examples)
	}
}

func TestVerdictsAdd(t *testing.T) {
	a := Check("a", Partition{Sent: 1, Acked: map[int64]int64{0: 0}})
	b := Check("b", Partition{Sent: 1, Read: []Seen{{0, 0, true}, {0, 0, true}}})
	a.Add(b)
	if a.Lost != 1 || a.Duplicated == 0 || len(a.Examples) < 2 {
		t.Fatal(a, a.Examples)
	}
}
