# etcd, the API server, the controllers and the scheduler, all on the loopback. Sourced after certificates.sh.

etcd_port=23790
api_port=26443
api_server=https://127.0.0.1:$api_port

admin() { "$kubernetes/kubectl" --kubeconfig "$kubeconfig" --request-timeout 15s "$@"; }

make_certificates() {
  make_authority
  sign api-server /CN=kube-apiserver \
    'IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc'
  sign api-server-to-kubelet /O=system:masters/CN=kube-apiserver
  sign admin /O=system:masters/CN=admin
  sign controller-manager /CN=system:kube-controller-manager
  sign scheduler /CN=system:kube-scheduler
  sign kubelet /O=system:nodes/CN=system:node:127.0.0.1
  local name
  for name in controller-manager scheduler kubelet; do write_kubeconfig "$run/$name.kubeconfig" "$name"; done
  write_kubeconfig "$kubeconfig" admin
}

start_etcd() {
  start etcd etcd --name test --data-dir "$run/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
    --listen-peer-urls http://127.0.0.1:23791
  spare etcd
}

start_api_server() {
  start kube-apiserver "$kubernetes/kube-apiserver" \
    --etcd-servers="http://127.0.0.1:$etcd_port" \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$api_port" \
    --endpoint-reconciler-type=none --service-cluster-ip-range=10.96.0.0/16 \
    --authorization-mode=Node,RBAC --allow-privileged=true --anonymous-auth=false --profiling=false \
    --client-ca-file="$pki/ca.crt" \
    --tls-cert-file="$pki/api-server.crt" --tls-private-key-file="$pki/api-server.key" \
    --kubelet-client-certificate="$pki/api-server-to-kubelet.crt" \
    --kubelet-client-key="$pki/api-server-to-kubelet.key" \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$pki/service-accounts.pub" \
    --service-account-signing-key-file="$pki/service-accounts.key"
  wait_until 60 api_server_ready || complain kube-apiserver
  spare kube-apiserver
}

api_server_ready() { timeout 5 "$kubernetes/kubectl" --kubeconfig "$kubeconfig" get --raw /readyz >/dev/null 2>&1; }

# Generous node times: a machine with two busy cores is slow, not gone. The host-path provisioner gives a
# StatefulSet's volume claims something to bind to.
start_controllers() {
  start kube-controller-manager "$kubernetes/kube-controller-manager" \
    --kubeconfig="$run/controller-manager.kubeconfig" --port=0 --secure-port=0 --leader-elect=false \
    --service-account-private-key-file="$pki/service-accounts.key" --root-ca-file="$pki/ca.crt" \
    --use-service-account-credentials=true --enable-hostpath-provisioner=true \
    --node-monitor-grace-period=120s --pod-eviction-timeout=10m
  start kube-scheduler "$kubernetes/kube-scheduler" \
    --kubeconfig="$run/scheduler.kubeconfig" --port=0 --secure-port=0 --leader-elect=false
}
