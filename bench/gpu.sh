#!/usr/bin/env bash
# What there is to measure on a GPU, in about twelve minutes: bench/gpu.py, then trainings side by side, each with its
# log, checkpoints and network in build/bench/runs. Trainings that do not finish go on when this is started again.
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
"$PYTHON" bench/gpu.py
for training in "${TRAININGS[@]}"; do
    run="build/bench/runs/${training/:/-}"
    timeout "$LIMIT" "$PYTHON" -m lilogic train "${training%%:*}" --set "train.seed=${training##*:}" \
        --device cuda --threads 1 -o "$run" >"$run.log" 2>&1 &
done
wait
for training in "${TRAININGS[@]}"; do
    run="build/bench/runs/${training/:/-}"
    tail -n 1 "$run.log"
done
