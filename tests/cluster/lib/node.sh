# The one node: a containerd of its own, a bridge for its pods, and the kubelet. Sourced after control-plane.sh.

containerd=$run/containerd/containerd.sock
pause_image=docker.io/cstudio-test/pause:1

ctr_k8s() { ctr --address "$containerd" --namespace k8s.io "$@"; }

start_containerd() {
  mkdir -p "$run/containerd"
  write_containerd_config
  write_network_config
  start containerd containerd --config "$run/containerd/config.toml"
  wait_until 20 ctr_k8s version || complain containerd
}

# runc, because crun refuses a hybrid cgroup mount; restrict_oom_score_adj, because a machine may not lower its
# OOM score, and then every sandbox would fail; network namespaces below the state folder, to be found at teardown.
write_containerd_config() {
  cat >"$run/containerd/config.toml" <<END
version = 2
root = "$run/containerd/root"
state = "$run/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "$containerd"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause_image"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$run/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
END
}

# "firewall" lets the bridge's traffic past Docker's default of dropping what is forwarded.
write_network_config() {
  mkdir -p "$run/cni"
  cat >"$run/cni/10-bridge.conflist" <<END
{
  "cniVersion": "0.4.0",
  "name": "cstudio-test",
  "plugins": [
    {
      "type": "bridge", "bridge": "cstudio-test0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
      "ipam": {
        "type": "host-local", "dataDir": "$run/cni/addresses",
        "ranges": [[{"subnet": "10.213.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}},
    {"type": "firewall"}
  ]
}
END
}

# The node's name is its address: a name that is none leaves the node without one, and exec without a way to it.
start_kubelet() {
  write_kubelet_config
  start kubelet "$kubernetes/kubelet" --config "$run/kubelet.yaml" --kubeconfig "$run/kubelet.kubeconfig" \
    --root-dir "$run/kubelet" --cert-dir "$run/kubelet/pki" --hostname-override=127.0.0.1 \
    --container-runtime=remote --container-runtime-endpoint="unix://$containerd" \
    --pod-infra-container-image="$pause_image" --volume-plugin-dir="$run/kubelet/plugins"
}

# No eviction and no image collection: a full disk must fail the test that fills it, not remove what others need.
# SizeMemoryBackedVolumes makes an in-memory emptyDir as small as its sizeLimit says.
write_kubelet_config() {
  cat >"$run/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: 26250
readOnlyPort: 0
healthzPort: 0
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: false}
  x509: {clientCAFile: "$pki/ca.crt"}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
failSwapOn: false
makeIPTablesUtilChains: false
featureGates: {SizeMemoryBackedVolumes: true}
nodeStatusUpdateFrequency: 5s
imageGCHighThresholdPercent: 100
evictionHard:
  memory.available: "0%"
  nodefs.available: "0%"
  nodefs.inodesFree: "0%"
  imagefs.available: "0%"
END
}

node_ready() {
  [ "$(admin get node 127.0.0.1 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]
}
