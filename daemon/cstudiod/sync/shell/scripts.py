"""The programs that run in images without Python, for any POSIX sh and busybox.

Names never stand in program text or in arguments: they come on stdin, ended
by NUL, and reach a script as ``"$1"`` by way of ``xargs -0``. Nothing depends on
the end of stdin, which some transports cannot tell: counts come first. Every
program ends with a line that only a complete run prints.

Arguments of all programs: ``$1`` the root, ``$2`` a token for the last line,
``$3`` the number of bytes of names on stdin.
"""

END = "cstudio-end"

PROBE = r"""
for c in tar find stat xargs dd; do
  command -v $c >/dev/null 2>&1 || printf 'missing %s\n' $c
done
command -v sha256sum >/dev/null 2>&1 || echo 'missing sha256sum'
[ "$3" = create ] && mkdir -p "$1" 2>/dev/null
if [ ! -e "$1" ]; then echo 'root missing'
elif [ ! -d "$1" ]; then echo 'root file'
elif ! cd -P "$1" 2>/dev/null; then echo 'root forbidden'
else
  printf 'stat %s\n' "$(stat -c '%d %i' . 2>/dev/null)"
  [ -w . ] || echo 'read only'
  ls -A . 2>/dev/null | head -n 1 | grep -q . || echo 'empty'
  rm -rf ./.cstudio-tmp-stage-* 2>/dev/null
  printf 'path '; pwd -P
fi
echo "cstudio-end $2"
"""

LIST = r"""
cd -P "$1" 2>/dev/null || exit 9
printf '%s\0' "$(date +%s)"
find . -xdev -mindepth 1 -print0 2>/dev/null
printf '\0'
find . -xdev -mindepth 1 -exec stat -c '%f %s %Y %Z %i %d %n' {} + 2>/dev/null
printf '\0'
find . -xdev -type d -exec sh -c \
  'for d; do [ -r "$d" ] && [ -x "$d" ] || printf "%s\0" "$d"; done' sh {} + 2>/dev/null
printf '\0'
echo "cstudio-end $2"
"""

HASH = r"""
cd -P "$1" 2>/dev/null || exit 9
dd bs=1 count="$3" 2>/dev/null | xargs -0 -n 1 sh -c \
  'h=$(sha256sum < "$0" 2>/dev/null) && printf "%s\n" "${h%% *}" || echo -'
echo "cstudio-end $2"
"""

LINKS = r"""
cd -P "$1" 2>/dev/null || exit 9
dd bs=1 count="$3" 2>/dev/null | xargs -0 -n 1 sh -c 'readlink "$0"; printf "\0"'
echo "cstudio-end $2"
"""

FETCH = r"""
cd -P "$1" 2>/dev/null || exit 9
dd bs=1 count="$3" 2>/dev/null | xargs -0 tar -cf - 2>/dev/null
echo "cstudio-end $2"
"""

CAT = r"""
cd -P "$1" 2>/dev/null || exit 9
dd bs=1 count="$3" 2>/dev/null | xargs -0 -n 1 sh -c 'cat < "$0" 2>/dev/null'
echo "cstudio-end $2"
"""

KEPT = r"""
cat "$1/$3" 2>/dev/null
echo "cstudio-end $2"
"""

# One operation. Nine parameters, each behind a "=" so that none is empty: verb,
# folder, name, what must be there, number, executable, digest, keep, source. R is
# the root, S the folder with staged contents, K the trash, T the session.
_OPERATION = r"""
v=${1#=} d=${2#=} n=${3#=} w=${4#=} i=${5#=} x=${6#=} g=${7#=} k=${8#=} s=${9#=}
say() { rm -rf "$S/$i"; printf '%s\n' "$1"; exit 0; }
seen() { stat -c '%f %s %Y %i' "./$1" 2>/dev/null; }
full() { stat -c '%f %s %Y %Z %i' "./$1" 2>/dev/null; }
there() { [ -e "./$1" ] || [ -L "./$1" ]; }
enter() {
  cd -P "$R/$1" 2>/dev/null || say changed
  p=$(pwd -P; echo x)
  [ "$p" = "$R${1:+/$1}
x" ] || say changed
}
fails() {
  case "$1" in
    *'o space'*|*uota*) say disk_full ;;
    *'ead-only'*) say read_only ;;
    *enied*|*permitted*) say permission_denied ;;
    *'ot empty'*) say not_empty ;;
    *busy*) say busy ;;
    *'oo long'*) say name_refused ;;
    *) say failed ;;
  esac
}
do_it() { e=$("$@" 2>&1) || { rm -f "./$t"; fails "$e"; }; }
hash() { h=$(sha256sum < "$1" 2>/dev/null); printf '%s' "${h%% *}"; }
holds() {
  case "$w" in
    any) [ -L "./$n" ] && return 1; [ -d "./$n" ] || ! there "$n" ;;
    absent) there "$n" && return 1; return 0 ;;
    folder) [ -d "./$n" ] && [ ! -L "./$n" ] ;;
    link*) [ -L "./$n" ] && [ "$(readlink "./$n"; echo x)" = "${w#link }
x" ] ;;
    *) [ -f "./$n" ] && [ ! -L "./$n" ] || return 1
       [ "$(seen "$n")" = "${w#* }" ] && [ "${w%% *}" != racy ] && return 0
       [ "$(hash "./$n")" = "$q" ] ;;
  esac
}
keep() {
  c=-
  [ "$k" = keep ] || return 0
  mkdir -p "$K" 2>/dev/null
  c=$T-$i
  do_it cp -p "./$n" "$K/$c"
}
done_() { printf 'ok %s %s\n' "${c:--}" "$(full "$n")"; rm -rf "$S/$i"; exit 0; }
q=${g#*:} g=${g%%:*} t=.cstudio-tmp-$T$i c=-
if [ "$v" = copy ]; then cp "$R/$s" "$S/$i" 2>/dev/null || say changed; v=put; fi
if [ "$v" = move ]; then
  case "$s" in */*) enter "${s%/*}" ;; *) enter "" ;; esac
  m=./${s##*/}
  [ -f "$m" ] && [ ! -L "$m" ] && [ "$(hash "$m")" = "$g" ] || say changed
fi
enter "$d"
holds || say changed
case "$v" in
  mkdir) there "$n" || do_it mkdir "./$n" ;;
  rmdir) do_it rmdir "./$n" ;;
  remove) keep; do_it rm -f "./$n" ;;
  mode) if [ "$x" = x ]; then do_it chmod +x "./$n"; else do_it chmod a-x "./$n"; fi ;;
  move) e=$(ln "$R/$s" "./$n" 2>&1) || { there "$n" && say changed; fails "$e"; }
        rm -f "$R/$s" ;;
  link) if [ "$w" = absent ]; then do_it ln -s "$s" "./$n"
        else keep; do_it ln -s "$s" "./$t"; holds || { rm -f "./$t"; say changed; }
             do_it mv -f "./$t" "./$n"; fi ;;
  put) [ "$(hash "$S/$i")" = "$g" ] || say content_mismatch
       do_it mv -f "$S/$i" "./$t"
       if [ "$w" = absent ]; then chmod 644 "./$t"; else chmod "$(stat -c %a "./$n")" "./$t"; fi
       if [ "$x" = x ]; then chmod +x "./$t"; else chmod a-x "./$t"; fi
       if [ "$w" = absent ]; then
         e=$(ln "./$t" "./$n" 2>&1) || { rm -f "./$t"; there "$n" && say changed; fails "$e"; }
         rm -f "./$t"
       else
         keep; holds || { rm -f "./$t"; say changed; }
         do_it mv -f "./$t" "./$n"
       fi ;;
esac
done_
"""

APPLY = (
    r"""
R=$(cd -P "$1" 2>/dev/null && pwd -P) || exit 9
S=$R/.cstudio-tmp-stage-$4 K=$6 T=$4
export R S K T
mkdir -p "$S" 2>/dev/null
dd bs=1 count="$3" of="$S/names" 2>/dev/null
if [ "$5" != 0 ]; then head -c "$5" | tar -xf - -C "$S" 2>/dev/null; fi
xargs -0 -n 9 sh -c '"""
    + _OPERATION.replace("'", "'\\''")
    + r"""' sh < "$S/names"
rm -rf "$S"
echo "cstudio-end $2"
"""
)
