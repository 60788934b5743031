#!/usr/bin/env bash
# What there is to do on a GPU, in about twelve minutes: the tests that need one, bench/gpu.py, then trainings side by
# side, each with its log, checkpoints and network in build/bench/runs. Trainings that do not finish go on when this is
# started again. Ends with 1 if one of them failed.
#
#     bench/gpu.sh [SECONDS] [RECIPE:SEED ...]
#
# PYTHON names the interpreter, LILOGIC_DATA where the data sets are.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
LIMIT=${1:-540}
shift || true
TRAININGS=("$@")
if [ ${#TRAININGS[@]} -eq 0 ]; then
    TRAININGS=(cifar-conv-1m:0 mnist-conv:1 mnist-conv:2 mnist-conv:3 cifar-conv-256k:1)
fi
mkdir -p build/bench/runs
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1 OMP_NUM_THREADS=2
"$PYTHON" -m pytest -q -m gpu tests/lilogic/learn
"$PYTHON" bench/gpu.py
declare -A started
for training in "${TRAININGS[@]}"; do
    run="build/bench/runs/${training/:/-}"
    timeout "$LIMIT" "$PYTHON" -m lilogic train "${training%%:*}" --set "train.seed=${training##*:}" \
        --device cuda --threads 1 -o "$run" >"$run.log" 2>&1 &
    started[$training]=$!
done
failed=0
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
