# Background services, each known by its pid and the moment it began, so that nobody else's process is ever taken
# for one of ours. Sourced after common.sh.

# The kernel's start time of a process: field 22 of stat, counted after the command, which may hold anything.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  set -- ${stat##*) }
  echo "${20}"
}

# "PID START" of a service that is running, or nothing and failure.
running() {
  local pid began
  read -r pid began 2>/dev/null <"$run/pids/$1" || return 1
  [ "$(start_time "$pid")" = "$began" ] || return 1
  [ "$(process_state "$pid")" != Z ] || return 1
  echo "$pid"
}

process_state() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  stat=${stat##*) }
  echo "${stat%% *}"
}

# start NAME COMMAND...: in a session of its own, so that it outlives whoever called setup.
start() {
  local name=$1
  shift
  ! running "$name" >/dev/null || return 0
  mkdir -p "$run/pids" "$run/log"
  setsid nohup "$@" </dev/null >>"$run/log/$name.log" 2>&1 9>&- &
  echo "$! $(start_time $!)" >"$run/pids/$name"
}

# Where memory runs out, a test's process goes before the cluster does; a machine that forbids the wish ignores it.
spare() { { echo -500 >"/proc/$(running "$1")/oom_score_adj"; } 2>/dev/null || true; }

# stop NAME [SECONDS]: asks, waits, and insists.
stop() {
  local name=$1 limit=${2:-10} pid
  if pid=$(running "$name"); then
    kill -TERM "$pid"
    wait_until "$limit" not_running "$name" || kill -KILL "$pid"
    wait_until 5 not_running "$name" || say "$name (pid $pid) did not end"
  fi
  rm -f "$run/pids/$name"
}

not_running() { ! running "$1" >/dev/null; }

# What a service said last, for whoever has to find out why it did not come up.
complain() {
  say "$1 did not come up; the end of $run/log/$1.log:"
  tail -n 15 "$run/log/$1.log" >&2
  return 1
}
