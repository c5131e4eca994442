# Whether everything that setup started still runs and answers. Sourced after images.sh.

cluster_services=(etcd containerd kube-apiserver kube-controller-manager kube-scheduler kubelet)

healthy() {
  local name
  [ -e "$run/complete" ] || return 1
  for name in "${cluster_services[@]}"; do running "$name" >/dev/null || return 1; done
  docker_answers && ctr_k8s version >/dev/null 2>&1 && node_ready 2>/dev/null
}
