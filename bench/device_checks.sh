#!/bin/bash
# What only a GPU can show, in one run: the check, models on both devices compared byte for byte, and timings.
#
# usage: bench/device_checks.sh STREAMGAUGE OUT [MODEL...]
#
# STREAMGAUGE: a program built with nvcc; of its build folder, where they were built, test_cuda and bench_cuda run too.
# OUT: a folder for what it writes. Without a MODEL: the small models of zoo/.
# Where python3 has torch and transformers, they pass over as many tokens on the same GPU (bench/device_peer.py).
# Needs a GPU and its driver, no network. The exit code is the number of steps that failed.
set -u
program=$1 out=$2
shift 2
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$out"
export XDG_CACHE_HOME=$out/cache
failed=0
step() {  # NAME COMMAND...: runs it, says how it ended and how long it took
  local name=$1 start end
  shift
  start=$(date +%s%N)
  if "$@" >"$out/$name.txt" 2>&1; then word=ok; else word=FAILED failed=$((failed + 1)); fi
  end=$(date +%s%N)
  printf '%-32s %s  %d ms\n' "$name" "$word" $(((end - start) / 1000000))
}
without_cost() { sed -E 's/"(seconds|peak_bytes)": ?[0-9.e+-]+//g' "$1"; }
equal() {  # NAME MODEL FLAGS...: the processor and $on write the same document
  local name=$1 model=$2
  shift 2
  "$program" measure "$model" "$@" --quiet --device cpu --json "$out/$name.cpu.json" &&
    "$program" measure "$model" "$@" --quiet --device "${on:-cuda}" --json "$out/$name.cuda.json" &&
    cmp <(without_cost "$out/$name.cpu.json") <(without_cost "$out/$name.cuda.json")
}

nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv | tee "$out/gpu.txt"
gpus=$(nvidia-smi -L | wc -l)
step doctor "$program" doctor
step check "$program" check --device cuda:all
build=$(cd "$(dirname "$program")/../.." && pwd)
for tool in tests/cuda/test_cuda bench/bench_cuda; do
  [ -x "$build/$tool" ] && step "$(basename "$tool")" "$build/$tool"
done
if [ $# -eq 0 ]; then
  for model in "$here"/zoo/*/; do
    [ -f "$model/config.json" ] && set -- "$@" "${model%/}"
  done
fi
has_peer() { python3 -c 'import torch, transformers; assert torch.cuda.is_available()' 2>/dev/null; }
window=0$(for _ in $(seq 1023); do printf ',%d' $((RANDOM % 250)); done)
windows=()
for _ in 1 2 3 4 5 6 7 8; do windows+=(--ids "$window"); done
for model in "$@"; do
  name=$(basename "$model")
  prompts=(--ids "1,2,3,4,5" --ids "$(seq -s, 1 70)")
  if "$program" tokenize "$model" -p word >/dev/null 2>&1; then prompts+=(--suite notebook-003); fi
  step "$name" equal "$name" "$model" "${prompts[@]}" --logits all
  [ "$gpus" -gt 1 ] && on=cuda:all step "$name.all" equal "$name.all" "$model" "${prompts[@]}" --logits all
  for device in cuda cpu; do  # 8,192 tokens over timings.seconds of the document
    step "$name.8192.$device" "$program" measure "$model" "${windows[@]}" --logits none --quiet --device $device \
      --json "$out/$name.8192.$device.json"
  done
  if [ -f "$model/config.json" ] && has_peer; then
    for dtype in float32 bfloat16; do
      step "$name.8192.transformers.$dtype" python3 "$here/bench/device_peer.py" "$model" --dtype $dtype
    done
  fi
done
echo "$failed failed"
exit "$failed"
