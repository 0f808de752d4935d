#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Asks the gate until it says something else than wait. For any pipeline that has a shell and
# curl 7.76 or later; the step that deploys comes after it.
#
#   curl.sh ENVIRONMENT [GATE]
#
#   GATE_URL         the daemon (default http://127.0.0.1:8717)
#   GATE_TOKEN_FILE  a file with the bearer token, where the daemon wants one
#   GATE_PATIENCE    seconds after which `wait` is given up (default 600)
#   APP, REVISION    what wants to move; with them the decision is recorded
#
# Ends with 0 on go, with 22 on halt, rollback, a wrong question, or a wait that was too long, and
# with another code of curl's where the gate cannot be reached. Only 0 may let a pipeline go on.
# The decision is printed; curl's own messages go to standard error.
set -eu

: "${1:?usage: curl.sh ENVIRONMENT [GATE]}"
url=${GATE_URL:-http://127.0.0.1:8717}/v1/check/$1${2:+/$2}

patience=${GATE_PATIENCE:-600}
hold=25 # under what proxies take for silence
[ "$patience" -ge "$hold" ] || hold=$patience

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# The token goes through standard input, and is on nobody's list of processes.
credentials() {
    if [ -n "${GATE_TOKEN_FILE:-}" ]; then
        printf 'header = "Authorization: Bearer %s"\n' "$(cat "$GATE_TOKEN_FILE")"
    fi
}

# The gate holds its answer while it says wait. curl asks again on 503, after the pause that
# Retry-After names, and never on 412: halt stays halt.
code=0
credentials | curl --silent --show-error --fail-with-body --output "$answer" --config - \
    --retry 1000 --retry-max-time "$patience" --retry-connrefused --max-time 40 \
    --request POST --get \
    --data-urlencode "wait=${hold}s" \
    ${APP:+--data-urlencode "app=$APP"} \
    ${REVISION:+--data-urlencode "rev=$REVISION"} \
    "$url" || code=$?
cat "$answer"
echo
exit "$code"
