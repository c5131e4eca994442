# Debian's packages. Sourced after common.sh.

# Only what is missing is asked for, so a machine that has everything never waits for apt.
missing_packages() {
  local name
  for name; do
    dpkg-query -W -f='${db:Status-Abbrev}\n' "$name" 2>/dev/null | grep -q '^ii' || echo "$name"
  done
}

# Services of their own that packages would start are ours to start: policy-rc.d says no meanwhile, then is put back.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  update_lists
  local held=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    held=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$held"
    chmod 755 "$held"
  fi
  local status=0
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    install -y --no-install-recommends "${missing[@]}" </dev/null >"$apt_log" 2>&1 || status=$?
  [ -z "$held" ] || rm -f "$held"
  ((status == 0)) || { tail -20 "$apt_log" >&2; return 1; }
  rm -f "$apt_log"
}

apt_log=$(mktemp -u "${TMPDIR:-/tmp}/cstudio-apt.XXXXXX.log")
lists_updated=

update_lists() {
  [ -z "$lists_updated" ] || return 0
  apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null >"$apt_log" 2>&1 || { tail -20 "$apt_log" >&2; return 1; }
  rm -f "$apt_log"
  lists_updated=yes
}

# Where this machine gets Debian itself from, as "URI codename".
debian_mirror() {
  local codename
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk -v codename="$codename" \
      '$2 == "Debian" && $3 == codename && $4 == "main" && !found { print $1, $3; found = 1 }'
}

# Fetch and unpack a source package, with apt's state in a folder of its own: the machine's lists stay as they are.
fetch_source() {
  local name=$1 into=$2 apt mirror
  apt=$into/apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  update_lists
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || { say "no Debian main archive among this machine's apt sources"; return 1; }
  echo "deb-src $mirror main" >"$apt/sources.list"
  local options=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$into" && apt-get "${options[@]}" source --only-source --download-only "$name" >/dev/null)
  dpkg-source --no-check -x "$into/$name"_*.dsc "$into/source" >/dev/null
}
