#!/usr/bin/env bash
# What there is to do on a GPU, in 15 minutes: first the tests that need one, and bench/gpu.py (five minutes); then
# trainings side by side, each with its log, checkpoints and network in build/bench/runs. Trainings that do not finish
# go on when this is started again. Ends with 1 if something failed.
#
#     bench/gpu.sh [measure]
#     bench/gpu.sh train [SECONDS] [RECIPE:SEED ...]
#     bench/gpu.sh dry-run
#
# Without a word, it measures and then trains. A dry run goes through all of it on the CPU, with small networks. PYTHON
# names the interpreter, LILOGIC_DATA where the data sets are.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
PART=${1:-all}
shift || true
case $PART in
    all | measure | train | dry-run) ;;
    *) echo "bench/gpu.sh: $PART is not measure, train or dry-run" >&2; exit 2 ;;
esac
LIMIT=${1:-480}
shift || true
TRAININGS=("$@")
if [ ${#TRAININGS[@]} -eq 0 ]; then
    TRAININGS=(cifar-256k:0 cifar-conv-1m:0 mnist-conv:1 mnist-conv:2 cifar-conv-256k:1)
fi
DEVICE=cuda
DRY=()
if [ "$PART" = dry-run ]; then
    DEVICE=cpu
    DRY=(--dry-run)
    TRAININGS=(wine:0 wine:1)
fi
mkdir -p build/bench/runs
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1 OMP_NUM_THREADS=2
failed=0
if [ "$PART" != train ]; then
    if [ "$PART" != dry-run ]; then
        timeout --foreground 150 "$PYTHON" -m pytest -q -m gpu tests/lilogic/learn tests/lilogic/infer || failed=1
    fi
    timeout --foreground 330 "$PYTHON" bench/gpu.py "${DRY[@]}" || failed=1
fi
[ "$PART" != measure ] || exit $failed
declare -A started
# Who ends this script ends its trainings: they are no jobs of a terminal, which Ctrl-C would reach.
trap 'kill $(jobs -pr) 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
for training in "${TRAININGS[@]}"; do
    run="build/bench/runs/${training/:/-}"
    timeout "$LIMIT" "$PYTHON" -m lilogic train "${training%%:*}" --set "train.seed=${training##*:}" \
        --device "$DEVICE" --threads 1 -o "$run" >"$run.log" 2>&1 &
    started[$training]=$!
done
for training in "${TRAININGS[@]}"; do
    run="build/bench/runs/${training/:/-}"
    status=0
    wait "${started[$training]}" || status=$?
    case $status in
        0) echo "$training: $(grep 'frozen accuracy (test)' "$run.log")" ;;
        124) echo "$training: not finished: $(tail -n 1 "$run.log")" ;;
        *) echo "$training: failed: $(tail -n 1 "$run.log")"; failed=1 ;;
    esac
done
exit $failed
