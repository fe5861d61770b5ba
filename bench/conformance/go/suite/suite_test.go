// The judge accepts a good history and finds each planted fault, as what it is.
package suite

import (
	"strings"
	"testing"
)

// history is what a faultless broker shows of records 0..n.
func history(n int) []Record {
	var next [Partitions]int64
	var out []Record
	for i := range n {
		r := Make(i)
		r.Partition = int32(i % 1000 % Partitions)
		r.Offset = next[r.Partition]
		next[r.Partition]++
		out = append(out, r)
	}
	return out
}

func judged(records []Record, n int) (int, error) {
	j := &judge{to: n, seen: make([]bool, n), home: map[string]int32{}, last: [Partitions]int{-1, -1, -1}}
	for _, r := range records {
		if err := j.see(r); err != nil {
			return j.count, err
		}
	}
	return j.count, nil
}

func TestAGoodHistoryPasses(t *testing.T) {
	if n, err := judged(history(5000), 5000); err != nil || n != 5000 {
		t.Fatal(n, err)
	}
}

func TestPlantedFaultsAreFound(t *testing.T) {
	swap := func(h []Record, a, b int) []Record { // the two records at each other's offset
		h[a], h[b] = h[b], h[a]
		h[a].Offset, h[b].Offset = h[b].Offset, h[a].Offset
		return h
	}
	for want, plant := range map[string]func([]Record) []Record{
		"not to be seen now": func(h []Record) []Record { return history(5001)[5000:] },
		"seen twice":         func(h []Record) []Record { return append(h, h[7]) },
		"key differs":        func(h []Record) []Record { h[7].Key = []byte("key-8"); return h },
		"value differs":      func(h []Record) []Record { h[7].Value[30] ^= 1; return h },
		"headers differ":     func(h []Record) []Record { h[7].Headers = h[7].Headers[:3]; return h },
		"no headers":         func(h []Record) []Record { h[7].Headers = nil; return h },
		"after record":       func(h []Record) []Record { return swap(h, 7, 10) },
		"wanted offset":      func(h []Record) []Record { return append(h[:7], h[8:]...) },
		"was on partition": func(h []Record) []Record {
			h[1000].Partition = 1
			h[1000].Offset = 333
			return append(h[:1000:1000], h[1000])
		},
	} {
		n, err := judged(plant(history(5000)), 5000)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %d seen, %v", want, n, err)
		}
	}
	// a null value is not an empty one
	h := history(2000)
	h[999].Value = []byte{}
	if _, err := judged(h, 2000); err == nil || !strings.Contains(err.Error(), "value differs") {
		t.Error("an empty value for a null one:", err)
	}
}
