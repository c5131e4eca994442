"""The programs that look and read in images without Python, for any POSIX sh and busybox.

Names never stand in program text or in arguments: they come on stdin, ended
by NUL, and reach a script as ``"$1"`` by way of ``xargs -0``. Nothing depends on
the end of stdin, which some transports cannot tell: counts come first. Every
program ends with a line that only a complete run prints, and one that does not
find the folder it was opened for with another.

Arguments of all programs: ``$1`` the root, ``$2`` a token for the last line,
``$3`` device and inode of the root (empty: not known yet), ``$4`` the number of
bytes of names on stdin, then the program's own.
"""

END = "cstudio-end"
OFF = "cstudio-off"
"""The root is not the folder any more that was opened."""

STAT = "%f %s %Y %Z %i %d"

ENTER = r"""
export LC_ALL=C
cd -P "$1" 2>/dev/null && [ "$(stat -c '%d %i' . 2>/dev/null)" = "$3" ] || {
  printf 'cstudio-off %s\n' "$2"; exit 0
}
"""

# One owner a root: a folder in the place for temporaries, and in it the session
# and, by its time, when it was last there. $5 the session.
_LEASE = r"""
L=${TMPDIR:-/tmp}/.cstudio-lease-$(stat -c '%d-%i' .).d
holder() { cat "$L/owner" 2>/dev/null; }
"""

# $5 the session, $6 "create", $7 "own" to take the lease.
PROBE = (
    r"""
export LC_ALL=C
token=$2 root=$1
finish() { printf 'cstudio-end %s\n' "$token"; exit 0; }
for c in tar find stat xargs dd head sha256sum readlink; do
  command -v $c >/dev/null 2>&1 || printf 'missing %s\n' $c
done
[ "$6" = create ] && [ ! -e "$root" ] && mkdir -p "$root" 2>/dev/null
if [ ! -e "$root" ]; then
  if [ "$6" = create ]; then echo 'root not made'; else echo 'root missing'; fi
  finish
fi
[ -d "$root" ] || { echo 'root file'; finish; }
cd -P "$root" 2>/dev/null && [ -r . ] || { echo 'root forbidden'; finish; }
printf 'stat %s\n' "$(stat -c '%d %i' . 2>/dev/null)"
"""
    + _LEASE
    + r"""
owned() {
  o=$(holder)
  [ "$o" != "$1" ] || return 1
  t=$(stat -c %Y "$L/owner" 2>/dev/null || stat -c %Y "$L" 2>/dev/null || echo 0)
  s=$(($(date +%s) - t))
  [ $s -lt 60 ] && [ $s -gt -60 ]
}
if [ "$7" = own ]; then
  if ! mkdir "$L" 2>/dev/null && [ -d "$L" ] && owned "$5"; then
    printf 'owned %s\n' "$o"; finish
  fi
  [ -d "$L" ] && printf '%s\n' "$5" > "$L/owner"
  find . -xdev -mindepth 1 -name ".cstudio-tmp-$5*" -prune -exec rm -rf {} + 2>/dev/null
fi
[ -n "$(find . -mindepth 1 ! -name '.cstudio-tmp-*' 2>/dev/null | head -c 1)" ] || echo 'empty'
p=.cstudio-tmp-$5-probe
for d in . "${TMPDIR:-/tmp}"; do
  mkdir "$d/$p" 2>/dev/null || continue
  : > "$d/$p/a"
  mv -T "$d/$p/a" "$d/$p/b" 2>/dev/null && ln -T "$d/$p/b" "$d/$p/c" 2>/dev/null && echo 'exact'
  rm -rf "$d/$p"
  break
done
finish
"""
)

# $5 the session, which is told to be alive; $6 "own". What is printed: clock and
# holder; folders that may not be entered; for every so many names the names, and
# what `stat` says about them; an empty name; what went wrong. Parts end with NUL.
LIST = (
    ENTER
    + _LEASE
    + r"""
o=
if [ "$6" = own ]; then
  o=$(holder)
  if [ "$o" = "$5" ]; then touch "$L/owner"
  elif [ -z "$o" ] && mkdir -p "$L" 2>/dev/null; then printf '%s\n' "$5" > "$L/owner"; fi
fi
printf '%s %s\0' "$(date +%s)" "$o"
find . -xdev -type d -exec sh -c \
  'for d; do [ -r "$d" ] && [ -x "$d" ] || printf "%s\0" "$d"; done' sh {} + 2>/dev/null
printf '\0'
{ e=$(find . -xdev -mindepth 1 -name '.cstudio-tmp-*' -prune -o -exec sh -c \
  'printf "%s\0" "$@"; printf "\0"; stat -c "%f %s %Y %Z %i %d %n" "$@"; printf "\0"' \
  sh {} + 2>&1 >&3 3>&-); } 3>&1
printf '\0%.20000s\0' "$e"
printf 'cstudio-end %s\n' "$2"
"""
)

# Names without line breaks and backslashes; twice a part: digests, then stats.
HASH = (
    ENTER
    + r"""
dd bs=1 count="$4" 2>/dev/null | xargs -0 sh -c \
  'sha256sum "$@" 2>/dev/null; printf "\0"
   stat -c "%f %s %Y %Z %i %d %n" "$@" 2>/dev/null; printf "\0"' sh
printf 'cstudio-end %s\n' "$2"
"""
)

# The same for any name, one at a time.
HASH_ODD = (
    ENTER
    + r"""
dd bs=1 count="$4" 2>/dev/null | xargs -0 -n 1 sh -c \
  '[ -f "$1" ] && h=$(sha256sum < "$1" 2>/dev/null); printf "%s\0" "${h%% *}"
   stat -c "%f %s %Y %Z %i %d" "$1" 2>/dev/null; printf "\0"' sh
printf 'cstudio-end %s\n' "$2"
"""
)

LINKS = (
    ENTER
    + r"""
dd bs=1 count="$4" 2>/dev/null | xargs -0 -n 1 sh -c \
  'printf "%s\0" "$(readlink "$1" 2>/dev/null; echo x)"' sh
printf 'cstudio-end %s\n' "$2"
"""
)

FETCH = (
    ENTER
    + r"""
R=$(pwd -P)
[ "$R" != / ] || R=
export R
dd bs=1 count="$4" 2>/dev/null | xargs -0 sh -c \
  'l=.; for f; do d=${f%/*}
    if [ "$d" = "$l" ] || [ "$(cd -P "$d" 2>/dev/null && pwd -P)" = "$R/${d#./}" ]
    then l=$d; printf "%s\0" "$f"; fi
  done' sh | xargs -0 tar -cf - 2>/dev/null
printf 'cstudio-end %s\n' "$2"
"""
)

# $5 how many bytes at most.
READ = (
    ENTER
    + r"""
R=$(pwd -P; echo x) R=${R%?x} N=$5
[ "$R" != / ] || R=
export R N
dd bs=1 count="$4" 2>/dev/null | xargs -0 -n 1 sh -c \
  'd=${1%/*} d=${d#.}
   p=$(cd -P "./$d" 2>/dev/null && pwd -P; echo x)
   [ "${p%?x}" = "${R:-/}$d" ] || [ "${p%?x}" = "$R$d" ] || exit 0
   [ -f "$1" ] && [ ! -L "$1" ] && head -c "$N" < "$1" 2>/dev/null' sh
printf 'cstudio-end %s\n' "$2"
"""
)
