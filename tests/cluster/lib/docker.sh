# Docker: the one that already answers, or one of our own under the run folder. Sourced after service.sh.

docker_answers() { timeout 5 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

start_docker() {
  ! docker_answers || return 0
  mount_cgroups
  start dockerd dockerd --data-root "$run/docker" --exec-root "$run/docker-exec" --pidfile "$run/docker.pid"
  wait_until 30 docker_answers || complain dockerd
}

stop_docker() {
  [ -e "$run/pids/dockerd" ] || return 0
  stop dockerd 20
  # One that was killed leaves its containerd and its containers' shims behind.
  end_processes_naming "$run/docker-exec/"
  end_containers_of "$run/docker/containers"
  ip link delete docker0 2>/dev/null || true
}

# Containers whose runtime was killed run on. Their control groups bear their names, which a folder of ours lists.
end_containers_of() {
  local id processes
  for id in $(ls "$1" 2>/dev/null); do
    for processes in $(find /sys/fs/cgroup -path "*/$id/cgroup.procs"); do
      xargs -r kill -KILL <"$processes" 2>/dev/null || true
    done
  done
}

# A bare container or micro-VM may come without any cgroup hierarchy; both runtimes need one.
mount_cgroups() {
  ! grep -q ' /sys/fs/cgroup' /proc/mounts || return 0
  mkdir -p /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
}

# End what was started for a folder of ours: only processes that have its path, ours alone, on their command line.
end_processes_naming() {
  local path=$1 pid
  for pid in $(processes_naming "$path"); do kill -KILL "$pid" 2>/dev/null || true; done
}

processes_naming() {
  local pid command
  for pid in /proc/[0-9]*; do
    pid=${pid#/proc/}
    [ "$pid" != $$ ] || continue
    case $(readlink "/proc/$pid/exe" 2>/dev/null) in
      */containerd | */containerd-shim-runc-v2 | */docker-proxy | */containerd-shim) ;;
      *) continue ;;
    esac
    command=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) || continue
    case $command in *"$1"*) echo "$pid" ;; esac
  done
}
