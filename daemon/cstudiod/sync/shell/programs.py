"""The programs that change a tree: compare, stage, compare again, rename.

Parameters come as text for ``printf %b``, in which every byte that is not plain
is three octal digits, and are held in memory: a full disk must not keep the
program from knowing what it was asked to do.

Every folder on the way to a path is entered for real (``cd -P``) and compared
with where it should be, so nothing is written through a link. What is there is
compared right before it is replaced. A shell can do no better than that: it
has no descriptors of folders.
"""

from cstudiod.sync.shell.scripts import ENTER

# R is the root without a final slash, T names this run's files, K is the trash.
_COMMON = (
    ENTER
    + r"""
R=$(pwd -P; echo x) R=${R%?x}
[ "$R" != / ] || R=
"""
)

# Beside the root where that is the same file system, so that keeping is linking.
_TRASH = r"""
K=${TMPDIR:-/tmp}
a=${R%/*}/
[ -n "$R" ] && [ -w "$a" ] && [ "$(stat -c %d "$a")" = "${3% *}" ] && K=${a%/}
K=$K/.cstudio-tmp-trash-$5
"""

_FUNCTIONS = r"""
enter() {
  cd -P "${R:-}/$1" 2>/dev/null || say changed
  p=$(pwd -P; echo x)
  [ "${p%?x}" = "$R${1:+/$1}" ] || [ "$R$1" = "" ] || say changed
}
meaning() {
  case "$1" in
    *'o space'*|*uota*|*'rote only'*) echo disk_full ;;
    *'ead-only'*) echo read_only ;;
    *'ot empty'*) echo not_empty ;;
    *enied*|*permitted*) echo permission_denied ;;
    *usy*) echo busy ;;
    *'oo long'*|*nvalid*) echo name_refused ;;
    *'o such file'*|*xists*|*irectory*) echo changed ;;
    *) echo failed ;;
  esac
}
"""

# $5 the session, $6 the size, $7 the temporary's name; on stdin the folder, then
# the content. Says how long the path of the folder is in which it is.
STAGE = (
    _COMMON
    + _FUNCTIONS
    + r"""
token=$2 left=$6
say() { # everything is read first: a stream to a command that has ended may break
  [ "$left" = 0 ] || head -c "$left" > /dev/null
  printf '%s\ncstudio-end %s\n' "$1" "$token"
  exit 0
}
d=$(printf '%b' "$(dd bs=1 count="$4" 2>/dev/null)"; printf x) d=${d%x}
while [ -n "$d" ] && [ ! -e "$R/$d" ] && [ ! -L "$R/$d" ]; do # the folder is still to be made
  case "$d" in */*) d=${d%/*} ;; *) d= ;; esac
done
enter "$d"
umask 077
left=0
e=$( { head -c "$6" | { cat > "./$7" || { cat > /dev/null; exit 1; }; }; } 2>&1) || {
  rm -f "./$7"
  say "$(meaning "$e")"
}
h=$(sha256sum < "./$7")
say "ok ${h%% *} ${#d}"
"""
)

# $5 the session, $6 the folder, $7 the name; removes a staged file.
UNSTAGE = (
    _COMMON
    + _FUNCTIONS
    + r"""
token=$2
say() { printf '%s\ncstudio-end %s\n' "$1" "$token"; exit 0; }
d=$(printf '%b' "$(dd bs=1 count="$4" 2>/dev/null)"; printf x) d=${d%x}
enter "$d"
rm -f "./$6"
say ok
"""
)

# $5 the session; lets the root go.
RELEASE = r"""
L=${TMPDIR:-/tmp}/.cstudio-lease-$(printf '%s' "$3" | tr ' ' -).d
[ "$(cat "$L/owner" 2>/dev/null)" = "$5" ] && rm -rf "$L"
cd -P "$1" 2>/dev/null && [ "$(stat -c '%d %i' .)" = "$3" ] && rm -rf ./.cstudio-tmp-"$5"-*
printf 'cstudio-end %s\n' "$2"
"""

# $5 the session, $6 the token of a kept version, $7 how many bytes at most.
KEPT = (
    _COMMON
    + _TRASH
    + r"""
[ -f "$K/$6" ] && echo kept && cat "$K/$6" 2>/dev/null
printf 'cstudio-end %s\n' "$2"
"""
)

# $5 the session; removes its trash.
DROP_KEPT = (
    _COMMON
    + _TRASH
    + r"""
rm -rf "$K"
printf 'cstudio-end %s\n' "$2"
"""
)

# One operation. Ten parameters, each behind a "=" so that none is empty: verb,
# folder, name, what must be there, number, executable, digest, keep, source, the
# source's stamp. S is the folder with staged contents, H their digests, E what
# went wrong while they were unpacked, X whether `mv -T` is to be had, F and G the
# modes of new files, U the user.
_OPERATION = r"""
v=${1#=} d=${2#=} n=${3#=} w=${4#=} i=${5#=} x=${6#=} g=${7#=} k=${8#=} s=${9#=}
shift 9
u=${1#=} c=- t=.cstudio-tmp-$T-$i Z=
say() {
  [ -e "$S/$i" ] && rm -f "$S/$i"
  [ -z "$Z" ] || rm -f "$Z"
  printf '%s\n' "$1"
  exit 0
}
full() { stat -c '%f %s %Y %Z %i' "./$1" 2>/dev/null; }
there() { [ -e "./$1" ] || [ -L "./$1" ]; }
hash() { h=$(sha256sum < "$1" 2>/dev/null); printf '%s' "${h%% *}"; }
fails() { say "$(meaning "$1")"; }
do_it() { e=$("$@" 2>&1) || { rm -f "./$t"; fails "$e"; }; }
plain() { [ -f "./$1" ] && [ ! -L "./$1" ]; }
bit() { if [ $((0x${1%% *} & 64)) -ne 0 ]; then echo x; else echo -; fi; }
is_file() { # name, its stamp or -, executable, digest
  plain "$1" || return 1
  f=$(full "$1")
  [ "$f" = "$2" ] && return 0
  [ "$(bit "$f")" = "$3" ] && [ "$(hash "./$1")" = "$4" ]
}
holds() {
  case "$w" in
    any) [ ! -L "./$n" ] && { [ -d "./$n" ] || ! there "$n"; } ;;
    absent) ! there "$n" ;;
    folder) [ -d "./$n" ] && [ ! -L "./$n" ] ;;
    link*) [ -L "./$n" ] && [ "$(readlink "./$n"; echo x)" = "${w#link }
x" ] ;;
    *) y=${w#file } z=${y#? }; is_file "$n" "$z" "${y%% *}" "$q" ;;
  esac
}
still() { holds || { rm -f "./$t"; say changed; }; }
keep() {
  [ "$k" = keep ] || return 0
  mkdir -p "$K" 2>/dev/null
  chmod 700 "$K" 2>/dev/null
  c=$T-$i
  if [ -L "./$n" ]; then printf '%s' "${w#link }" > "$K/$c"
  else ln "./$n" "$K/$c" 2>/dev/null || do_it cp -p "./$n" "$K/$c"; fi
  still
}
own() { # give a file to the owner of another one
  [ "$U" = 0 ] || return 0
  o=$(stat -c %u:%g "$1")
  [ "$o" = 0:0 ] || chown -h "$o" "$2" 2>/dev/null
}
dress() {
  if plain "$n"; then
    own "./$n" "./$t"
    m=$((0$(stat -c %a "./$n") & 511))
    if [ "$x" = x ]; then m=$((m | 64 | ((m & 292) >> 2))); else m=$((m & ~73)); fi
    m=$(printf %o $m)
  else
    own . "./$t"
    if [ "$x" = x ]; then m=$G; else m=$F; fi
  fi
  chmod "$m" "./$t" 2>/dev/null
}
place() { # put a finished file under a name that must be free
  if [ "$X" = exact ]; then e=$(ln -T "$1" "./$n" 2>&1); else e=$(ln -n "$1" "./$n" 2>&1); fi &&
    { rm -f "$1" 2>/dev/null || { rm -f "./$n"; say permission_denied; }; return 0; }
  if ! there "$n"; then
    case "$e" in
      *permitted*|*upported*|*mplemented*|*ross-device*|*'nvalid cross'*)
        e=$(mv -n "$1" "./$n" 2>&1) && [ ! -e "$1" ] && return 0 ;;
    esac
  fi
  [ "$v" = move ] || rm -f "$1"
  there "$n" && say changed
  fails "$e"
}
over() { # put the finished file in the place of what is there
  if [ "$X" = exact ]; then e=$(mv -fT "$1" "./$n" 2>&1) && return 0; fi
  if [ -d "./$n" ]; then # a link to a folder, and an mv that would follow it
    [ -L "./$n" ] || { rm -f "./$t"; say changed; }
    do_it rm -f "./$n"; place "$1"; return 0
  fi
  e=$(mv -f "$1" "./$n" 2>&1) && return 0
  case "$e" in *usy*) # a file that is a mount can only be rewritten
    plain "$n" && e=$(cat "$1" 2>&1 > "./$n") && { rm -f "$1"; return 0; } ;;
  esac
  rm -f "./$t"
  fails "$e"
}
q=${g#*:} g=${g%%:*}
if [ "$v" = put ] && [ -n "$s" ]; then v=staged; fi
case "$v" in copy|move|staged)
  case "$s" in */*) enter "${s%/*}" ;; *) enter "" ;; esac
  m=${s##*/}
  case "$v" in
    copy) plain "$m" || say changed
          e=$(cp "./$m" "$S/$i" 2>&1) || fails "$e"
          [ "$(hash "$S/$i")" = "$g" ] || say changed ;;
    move) is_file "$m" "$u" "$x" "$g" || say changed ;;
    staged) plain "$m" || say content_mismatch
            Z=$R/$s v=put ;;
  esac ;;
esac
enter "$d"
holds || say changed
case "$v" in
  mkdir) there "$n" || { do_it mkdir "./$n"; own . "./$n"; } ;;
  rmdir) rmdir "./$n" 2>/dev/null || { rm -rf "./$n"/.cstudio-tmp-"$N"*; do_it rmdir "./$n"; } ;;
  remove) keep; do_it rm -f "./$n" ;;
  mode) if [ "$x" = x ]; then do_it chmod +x "./$n"; else do_it chmod a-x "./$n"; fi ;;
  move) if [ "$w" = absent ]; then place "$R/$s"; else keep; still; over "$R/$s"; fi ;;
  link) if [ "$w" = absent ]; then do_it ln -s -n -- "$s" "./$n"; own . "./$n"
        else keep; do_it ln -s -n -- "$s" "./$t"; own "./$n" "./$t"; still; over "./$t"; fi ;;
  copy|put)
       if [ -n "$Z" ]; then do_it mv -f "$Z" "./$t"
       else if [ "$v" = put ]; then
              case "$H" in *"
$g  $i
"*) ;; *) [ -z "$E" ] || { e=$(meaning "$E"); [ "$e" = failed ] || say "$e"; }
                  say content_mismatch ;; esac
            fi
            do_it mv -f "$S/$i" "./$t"
       fi
       dress
       if [ "$w" = absent ]; then place "./$t"; else keep; still; over "./$t"; fi ;;
esac
if there "$n"; then f=$(full "$n"); else f=; fi
say "ok $c $f"
"""

# $5 the session, $6 names this run, $7 the number of bytes of the tar behind the
# parameters, $8 "exact" where `mv -T` is to be had.
APPLY = (
    _COMMON
    + _TRASH
    + _FUNCTIONS
    + r"""
P=$(dd bs=1 count="$4" 2>/dev/null)
S=$R/.cstudio-tmp-$5-stage-$6 T=$6 X=$8 U=$(id -u) H= E=
M=$(umask)
F=$(printf %o $((0666 & ~0$M))) G=$(printf %o $((0777 & ~0$M)))
mkdir "$S" 2>/dev/null || { S=${TMPDIR:-/tmp}/.cstudio-tmp-$5-stage-$6; mkdir "$S" 2>/dev/null; }
chmod 700 "$S" 2>/dev/null
if [ "$7" != 0 ]; then
  E=$( { head -c "$7" | { tar -xf - -C "$S"; cat > /dev/null; }; } 2>&1)
  H="
$(cd "$S" && sha256sum * 2>/dev/null)
"
fi
N=$5 E=$(printf '%.2000s' "$E")
export R S K T H E X F G U N
printf '%b' "$P" | xargs -0 -n 10 sh -c '"""
    + (_FUNCTIONS + _OPERATION).replace("'", "'\\''")
    + r"""' sh
rm -rf "$S"
printf 'cstudio-end %s\n' "$2"
"""
)
