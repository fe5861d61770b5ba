"""The judge accepts a good history and finds each planted fault, as what it is. Run: python3 -m unittest test_story"""
import unittest

from story import PARTITIONS, Judge, make


def history(n):
    """What a faultless broker shows of records 0..n: partition, offset, key, value, headers."""
    at, out = dict.fromkeys(range(PARTITIONS), 0), []
    for i in range(n):
        p = i % 1000 % PARTITIONS
        out.append([p, at[p], *make(i)])
        at[p] += 1
    return out


def judged(records, n=3000):
    j = Judge(0, n, dict.fromkeys(range(PARTITIONS), 0))
    for r in records:
        j.see(*r)
    return j.count


class TestJudge(unittest.TestCase):
    def test_a_good_history_passes(self):
        self.assertEqual(judged(history(3000)), 3000)

    def test_planted_faults_are_found(self):
        def change(field, value):
            return lambda h: h[7].__setitem__(field, value) or h

        plants = {
            "not to be seen now": lambda h: history(3001)[3000:],
            "seen twice": lambda h: h + [h[7]],
            "key differs": change(2, b"key-8"),
            "value differs": change(3, None),
            "headers differ": change(4, make(7)[2][:3]),
            "no headers": change(4, []),
            "after record": lambda h: h[:7] + [h[10][:1] + h[7][1:2] + h[10][2:]] + h[8:10] + [h[7][:1] + h[10][1:2] + h[7][2:]],
            "wanted offset": lambda h: h[:7] + h[8:],
            "was on partition": lambda h: h[:1000] + [[1, 333, *h[1000][2:]]],
        }
        for want, plant in plants.items():
            with self.subTest(want), self.assertRaisesRegex(AssertionError, want):
                judged(plant(history(3000)))


unittest.main() if __name__ == "__main__" else None
