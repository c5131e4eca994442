# Undoing what setup did: processes, mounts, interfaces, the run folder. Sourced after healthy.sh.

stop_everything() {
  remove_pods
  local name
  # Their state is thrown away: there is nothing to wait long for.
  for name in kubelet kube-scheduler kube-controller-manager kube-apiserver etcd; do stop "$name" 3; done
  remove_containers
  stop containerd
  end_processes_naming "$containerd"
  end_containers_of "$run/containerd/state/io.containerd.runtime.v2.task/k8s.io"
  stop_docker
  ip link delete cstudio-test0 2>/dev/null || true
  unmount_run
  remove_control_groups
  rm -rf --one-file-system "$run" /tmp/hostpath_pv
}

# While all still runs, let the kubelet take the pods down in order, networks included. Whoever would start new ones stops first.
remove_pods() {
  running kubelet >/dev/null && running kube-apiserver >/dev/null && api_server_ready || return 0
  stop kube-controller-manager
  stop kube-scheduler
  admin delete pods --all --all-namespaces --grace-period=1 --wait=false >/dev/null 2>&1 || true
  wait_until 15 no_pods || true
}

no_pods() { [ -z "$(ctr_k8s tasks list -q)" ]; }

# What is left when they did not go in order.
remove_containers() {
  running containerd >/dev/null || return 0
  local id
  for id in $(ctr_k8s tasks list -q 2>/dev/null); do
    timeout 10 ctr --address "$containerd" --namespace k8s.io tasks delete --force "$id" >/dev/null 2>&1 || true
  done
}

# Deepest first, so that nothing is busy with what it holds.
unmount_run() {
  local point
  awk -v run="$run/" 'index($2, run) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r point; do
    umount "$(printf '%b' "$point")" 2>/dev/null || umount --lazy "$(printf '%b' "$point")" || true
  done
}

remove_control_groups() {
  find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
}
