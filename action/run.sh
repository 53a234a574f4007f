#!/usr/bin/env bash
# Runs iacscan for the action and ends with its exit status: 0 nothing to report,
# 1 findings, 2 something could not be read. The reports are there in all three cases.
#
# Read from the environment, so that no input ever becomes a part of a shell line:
#   IACSCAN_BINARY  the program that install.sh put there
#   INPUT_PATH      what to scan, one path a line
#   INPUT_PLAN      a file of `terraform show -json`
#   INPUT_FAIL_ON INPUT_MIN_SEVERITY INPUT_RULES INPUT_CONFIG   the options of those names
#   INPUT_SARIF_FILE  where the SARIF report goes; a temporary file where empty
#   INPUT_ARGS      further arguments, split at white space and not looked at otherwise
# Written: `sarif-file`, `exit-code` and `findings` to GITHUB_OUTPUT, the report to GITHUB_STEP_SUMMARY.
set -euo pipefail

# Git Bash rewrites arguments that look like Unix paths; these are for iacscan as they are.
export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'

fail() {
  printf '::error title=iacscan::%s\n' "$1" >&2
  exit 2
}

# GitHub refuses a step's summary past 1 MiB as a whole.
summary_limit=1000000

temporary=$(mktemp -d "${RUNNER_TEMP:-/tmp}/iacscan-report.XXXXXX")
if command -v cygpath >/dev/null; then temporary=$(cygpath -m "$temporary"); fi
sarif=${INPUT_SARIF_FILE:-$temporary/iacscan.sarif}
[[ $sarif != *[$'\n\r']* ]] || fail "sarif-file must be one line"
markdown=$temporary/summary.md
json=$temporary/report.json
# A report of an earlier run must not pass for this one's.
rm -f -- "$sarif"

options=(--format text --output "sarif=$sarif" --output "markdown=$markdown" --output "json=$json")
[[ -z ${INPUT_FAIL_ON:-} ]] || options+=("--fail-on=$INPUT_FAIL_ON")
[[ -z ${INPUT_MIN_SEVERITY:-} ]] || options+=("--min-severity=$INPUT_MIN_SEVERITY")
[[ -z ${INPUT_RULES:-} ]] || options+=("--rules=$INPUT_RULES")
[[ -z ${INPUT_CONFIG:-} ]] || options+=("--config=$INPUT_CONFIG")

# `read` splits at IFS and expands nothing; its status is 1 because there is no delimiter to find.
extra=()
IFS=$' \t\r\n' read -r -d '' -a extra <<<"${INPUT_ARGS:-}" || true

paths=()
while IFS= read -r line || [[ -n $line ]]; do
  line=${line%$'\r'}
  [[ -z $line ]] || paths+=("$line")
done <<<"${INPUT_PATH:-}"
[[ -z ${INPUT_PLAN:-} ]] || paths+=("$INPUT_PLAN")
[[ ${#paths[@]} -gt 0 ]] || paths=(.)

# Behind `--`, a directory called `rules` is a path and not a command, and `-x` is no option.
# The braces around the array are for bash 3.2 on macOS, where an empty array counts as unset.
status=0
"${IACSCAN_BINARY:?}" "${options[@]}" ${extra[@]+"${extra[@]}"} -- "${paths[@]}" || status=$?

# Text inside JSON has its quotes escaped, so that this counts keys: one a finding.
findings=0
if [[ -s $json ]]; then
  findings=$({ grep -o '"fingerprint"' "$json" || true; } | wc -l | tr -d '[:space:]')
fi

{
  [[ ! -s $sarif ]] || printf 'sarif-file=%s\n' "$sarif"
  printf 'exit-code=%s\n' "$status"
  printf 'findings=%s\n' "$findings"
} >>"${GITHUB_OUTPUT:-/dev/stdout}"

if [[ -n ${GITHUB_STEP_SUMMARY:-} && -s $markdown ]]; then
  if [[ $(wc -c <"$markdown") -gt $summary_limit ]]; then
    # Cut at a line's end: half a line could open a code block or a tag that never closes.
    head -c "$summary_limit" "$markdown" | sed '$d' >>"$GITHUB_STEP_SUMMARY"
    printf '\n\nThe report is longer than a summary may be: the SARIF file holds all of it.\n' >>"$GITHUB_STEP_SUMMARY"
  else
    cat "$markdown" >>"$GITHUB_STEP_SUMMARY"
  fi
fi

exit "$status"
