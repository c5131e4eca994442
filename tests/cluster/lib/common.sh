# What every script here shares: where things are, and how to speak. Sourced, never run.

set -euo pipefail
umask 022
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lib=$here/lib
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cstudio
run=${CSTUDIO_CLUSTER_DIR:-/var/lib/cstudio-test-cluster}
kubeconfig=$run/kubeconfig

# The version that Debian 12's source package carries; it and how it is built are the key of the cache.
kubernetes_version=1.20.2
kubernetes=$cache/kubernetes-$kubernetes_version-$(uname -m)-$(sha256sum <"$lib/build-kubernetes" | cut -c1-8)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# A stage of work, with what it took: these seconds are all a reader of a CI log asks for. It is called plainly, never
# before "||" or in an "if": there the shell would pass over errors within it.
timed() {
  local began=$SECONDS
  stage=$1
  shift
  say "$stage ..."
  "$@"
  say "$stage: $((SECONDS - began)) s"
  stage=
}

stage=
trap '[ -z "$stage" ] || say "$(basename "$0"): $stage failed"' EXIT

# Try a command until it succeeds or SECONDS are over; its output matters only to who reads the log.
wait_until() {
  local limit=$1 end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}

require_debian_root() {
  local id='' version=''
  [ "$(id -u)" = 0 ] || die "must run as root: it starts container runtimes and mounts file systems."
  [ -r /etc/os-release ] && id=$(. /etc/os-release && echo "${ID:-}") &&
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
  [ "$id:$version" = debian:12 ] ||
    die "needs Debian 12, whose packages it is made of; this machine is ${id:-unknown} ${version:-}." \
      "Point KUBECONFIG at a cluster of your own (kind, k3s, a real one) instead."
}

# teardown removes the run folder, so it must be one that setup made; and the sockets in it must fit in the 108 bytes
# that the kernel takes for their addresses.
require_own_run() {
  ((${#run} <= 50)) || die "CSTUDIO_CLUSTER_DIR must be 50 characters or fewer, for the sockets in it; it is $run"
  [ ! -e "$run" ] || [ -d "$run/pids" ] || [ -z "$(ls -A "$run")" ] ||
    die "CSTUDIO_CLUSTER_DIR must be a new or an empty folder; $run holds something else"
}

# One setup or teardown at a time; the services started below must not inherit the lock (see service.sh).
one_at_a_time() {
  mkdir -p "$cache"
  exec 9>"$cache/cluster.lock"
  flock -w 1500 9 || die "another setup has held $cache/cluster.lock for 25 minutes."
}
