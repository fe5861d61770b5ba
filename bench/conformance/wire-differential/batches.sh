#!/usr/bin/env bash
# Compares record batches with Kafka's own classes: each side reads what the other wrote, and both judge damaged ones.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
usage() { cat <<U
usage: batches.sh [--count N] [--seed N]
  --count  batches of each kind (1000)
  --seed   what the batches come from (1)
Needs Java 17 and Maven. Kafka's jars are kept in \$PEERS_HOME (~/.cache/peers).
U
}
count=1000 seed=1
while [ $# -gt 0 ]; do case $1 in
  --count) count=$2; shift 2 ;; --seed) seed=$2; shift 2 ;;
  -h|--help) usage; exit ;; *) usage >&2; exit 2 ;; esac; done
. "$here/../../peers/common.sh"
jars=$(libs broker)
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT

"${JAVA}c" -d "$tmp" -cp "$jars/*" "$here/Batches.java"
kafka() { "$JAVA" -Xmx512m -cp "$jars/*:$tmp" Batches "$@" 2>"$tmp/java.log" || { tail -5 "$tmp/java.log" >&2; exit 1; }; }
cargo build -q --manifest-path "$here/../../../Cargo.toml" -p thalweg-wire --example batches
ours=${CARGO_TARGET_DIR:-$here/../../../target}/debug/examples/batches

same() { # NAME: both sides describe the batches of $tmp/NAME alike
  kafka describe <"$tmp/$1" >"$tmp/$1.theirs"
  "$ours" describe <"$tmp/$1" >"$tmp/$1.ours"
  cmp "$tmp/$1.theirs" "$tmp/$1.ours" || { diff "$tmp/$1.theirs" "$tmp/$1.ours" | head -6 | cut -c1-500; exit 1; }
  [ "$(grep -c '^batch ' "$tmp/$1.ours")" = "$count" ] || { echo "$1: not every batch was described" >&2; exit 1; }
  echo "$1: $count batches, $(grep -c '^record ' "$tmp/$1.ours") records read alike"
}
kafka write "$seed" "$count" >"$tmp/written by Kafka"
same "written by Kafka"
"$ours" write "$seed" "$count" >"$tmp/written by Thalweg"
same "written by Thalweg"

"$ours" mutate "$seed" "$count" >"$tmp/mutants"
kafka judge <"$tmp/mutants" >"$tmp/verdicts"
echo -n "$count batches, most of them damaged, judged: "
"$ours" judge "$tmp/verdicts" <"$tmp/mutants"
