# A throw-away certificate authority and what it signs. Sourced after common.sh. Elliptic keys: made in an instant.

pki=$run/pki

make_authority() {
  mkdir -p "$pki"
  chmod 700 "$pki"
  [ ! -e "$pki/ca.crt" ] || return 0
  new_key "$pki/ca.key"
  openssl req -x509 -new -key "$pki/ca.key" -subj /CN=cstudio-test -days 3650 -out "$pki/ca.crt"
  new_key "$pki/service-accounts.key"
  openssl ec -in "$pki/service-accounts.key" -pubout -out "$pki/service-accounts.pub" 2>/dev/null
}

new_key() { (umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$1"); }

# sign FILE SUBJECT [ALTERNATIVE NAMES]: FILE.key and FILE.crt, for either end of a connection.
sign() {
  local file=$pki/$1 subject=$2 names=${3:-}
  new_key "$file.key"
  {
    echo 'extendedKeyUsage=clientAuth,serverAuth'
    [ -z "$names" ] || echo "subjectAltName=$names"
  } >"$file.extensions"
  openssl req -new -key "$file.key" -subj "$subject" |
    openssl x509 -req -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -set_serial "0x$(openssl rand -hex 8)" \
      -days 3650 -extfile "$file.extensions" -out "$file.crt" 2>/dev/null
  rm "$file.extensions"
}

# write_kubeconfig FILE NAME: with the certificate that `sign NAME` made, embedded.
write_kubeconfig() {
  local file=$1 name=$2
  (umask 077 && cat >"$file.new") <<END
apiVersion: v1
kind: Config
clusters:
- name: cstudio-test
  cluster:
    server: $api_server
    certificate-authority-data: $(base64 -w0 "$pki/ca.crt")
users:
- name: $name
  user:
    client-certificate-data: $(base64 -w0 "$pki/$name.crt")
    client-key-data: $(base64 -w0 "$pki/$name.key")
contexts:
- name: cstudio-test
  context:
    cluster: cstudio-test
    user: $name
    namespace: default
current-context: cstudio-test
END
  mv "$file.new" "$file"
}
