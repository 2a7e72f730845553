/**
 * A script of the POSIX shell that writes what `fpmlint doctor FILE` reads: the files of both daemons, and what the
 * machine says of processes, sockets, rights and disks. It writes to standard output alone and changes nothing. What
 * looks like a secret is left out: private keys are never read, values of `env[…]` and of parameters with such a name
 * are masked, and of accounts only names and numbers are kept.
 */
export const SNAPSHOT_SCRIPT = String.raw`#!/bin/sh
# Collects what "fpmlint doctor FILE" judges, and writes it to standard output:
#     sh collect.sh > server.txt
# Files that no package puts there are collected where FPMLINT_PLACES names their directories.
# It reads only, needs no root, and sees more as root. Look at what it wrote before you send it to somebody.
LC_ALL=C
export LC_ALL
set -u
set -f
MOST=3000
# A name with a line break would be read as two.
BREAK='*
*'

has() { command -v "$1" >/dev/null 2>&1; }

# A text follows its header with "|" before each line.
text() { printf 'file %s\n' "$1"; sed 's/^/|/'; echo; }

later() { printf 'later %s\n' "$1"; sed 's/^/|/'; echo; }

copy() { if [ -r "$1" ]; then cat "$1" 2>/dev/null | text "$1"; fi; }

link() {
  target=$(readlink "$1" 2>/dev/null) && printf 'link %s\t%s\n' "$1" "$target"
  :
}

output() { printf 'output %s\n' "$1"; shift; "$@" 2>&1 | sed 's/^/|/'; echo; }

masked() {
  sed -e 's/^\([[:space:]]*env\[[^]]*\][[:space:]]*=\).*/\1 masked/' \
    -e 's/^\([[:space:]]*fastcgi_param[[:space:]][[:space:]]*[A-Za-z_]*\(PASS\|SECRET\|TOKEN\|KEY\)[A-Za-z_]*[[:space:]][[:space:]]*\).*/\1masked;/' \
    -e 's/^\([[:space:]]*php[a-z_]*\[[^]]*\(pass\|secret\|auth\)[^]]*\][[:space:]]*=\).*/\1 masked/' \
    -e 's/^\([[:space:]]*[a-z_.]*\(passw\|secret\|save_path[[:space:]]*=.*auth\)[a-z_.]*[[:space:]]*=\).*/\1 masked/'
}

config() {
  case "$1" in
    *.key|*.pem|*.crt|*.p12|*.pfx|*.jks|*htpasswd*|*.gz|*.so|*~) return ;;
  esac
  grep -q 'PRIVATE KEY' "$1" 2>/dev/null && return
  # A text with a NUL in it would make the whole output look like a program.
  [ -r "$1" ] && tr '\000' '\001' 2>/dev/null <"$1" | masked | text "$1"
  :
}

echo 'fpmlint-snapshot 1'
printf 'now %s\n' "$(date +%s)"
copy /proc/uptime

# What every process is, and which sockets it holds; more of those of both daemons.
masters=''
workers=''
stopped=''
set +f
states=$(grep -E '^(Name|Uid|Gid|Groups|PPid|NSpid|Vm|Rss)' /dev/null /proc/[0-9]*/status 2>/dev/null)
printf '%s\n' "$states" | sed 's/^/line /'
ls -l /proc/[0-9]*/fd 2>/dev/null |
  sed -n -e 's|^\(/proc/[0-9]*/fd\):$|fds \1|p' -e 's|^.* \([0-9][0-9]*\) -> \(socket:.*\)$|fd \1	\2|p'
set -f
maps() {
  if [ -r "/proc/$1/maps" ]; then
    { echo; grep ' (deleted)$' "/proc/$1/maps" 2>/dev/null; } | text "/proc/$1/maps"
  fi
}
halt() { grep -E '^(State|TracerPid|[a-z]*_ctxt_switches):' "/proc/$1/status" 2>/dev/null; }
pids=$(printf '%s\n' "$states" | sed -n 's|^/proc/\([0-9]*\)/status:Name:.*\(nginx\).*|\1|p;s|^/proc/\([0-9]*\)/status:Name:.*\(php\).*|\1|p' | sort -un)
for pid in $pids; do
  title=$(cat "/proc/$pid/cmdline" 2>/dev/null | tr '\000' ' ')
  case "$title" in
    'nginx: master process '*|'php-fpm: master process '*) masters="$masters $pid"; maps "$pid"; link "/proc/$pid/cwd" ;;
    'nginx: worker process'*) workers="$workers $pid" ;;
    'php-fpm: pool '*) ;;
    *) continue ;;
  esac
  printf '%s\n' "$title" | text "/proc/$pid/cmdline"
  copy "/proc/$pid/stat"
  more=$(halt "$pid")
  printf '%s\n' "$more" | sed "s|^|line /proc/$pid/status:|"
  case "$more" in State:[[:space:]][Tt]*) stopped="$stopped $pid" ;; esac
  copy "/proc/$pid/limits"
  copy "/proc/$pid/cgroup"
  link "/proc/$pid/exe"
  link "/proc/$pid/ns/mnt"
  printf 'fds /proc/%s/fd\n' "$pid"
  ls -l "/proc/$pid/fd" 2>/dev/null | sed -n 's|^.* \([0-9][0-9]*\) -> \(.*\)$|fd \1	\2|p'
done
cat "/proc/$$/status" 2>/dev/null | text /proc/self/status
sed 's/^[^ ]* \([^ ]*\) [^ ]* \(r[ow]\).*/- \1 - \2/' "/proc/$$/mounts" 2>/dev/null | text /proc/self/mounts
target=$(readlink "/proc/$$/ns/mnt" 2>/dev/null) && printf 'link /proc/self/ns/mnt\t%s\n' "$target"
for path in /proc/meminfo /proc/pressure/memory /proc/sys/net/core/somaxconn /proc/1/stat /proc/1/comm; do
  copy "$path"
done
grep '^oom_kill ' /proc/vmstat 2>/dev/null | text /proc/vmstat
net=/proc/net
for pid in $workers; do [ -r "/proc/$pid/net/unix" ] && net=/proc/$pid/net; done
for name in unix tcp tcp6; do
  [ -r "$net/$name" ] && cat "$net/$name" | text "/proc/net/$name"
done
# Who is still connected a second later: a worker that is free would have taken those that wait.
if [ -n "$masters" ] && sleep 1 2>/dev/null; then
  for pid in $stopped; do halt "$pid" | later "/proc/$pid/status"; done
  [ -r "$net/unix" ] && sed -n '/ 0001 0[23] .* \//p' "$net/unix" | later /proc/net/unix
  for name in tcp tcp6; do
    [ -r "$net/$name" ] && sed -n '/ 0[18] [0-9A-F]*:[0-9A-F]* [0-9A-F]*:[0-9A-F]* /p' "$net/$name" | later "/proc/net/$name"
  done
fi
for pid in $masters; do
  sed -n 's/^0:://p' "/proc/$pid/cgroup" 2>/dev/null | while read -r group; do
    copy "/sys/fs/cgroup${"$"}{group%/}/memory.events"
  done
  sed -n 's/^[0-9]*:[^:]*memory[^:]*://p' "/proc/$pid/cgroup" 2>/dev/null | while read -r group; do
    copy "/sys/fs/cgroup/memory$group/memory.oom_control"
  done
done

# Files of both daemons, with those that a running master names.
places='/etc/nginx /etc/openresty /usr/local/etc/nginx /usr/local/nginx/conf /usr/local/openresty/nginx/conf /usr/local/etc/php /usr/local/etc/php-fpm.d /etc/php-fpm.d /etc/php.d /etc/sysctl.d'
places="$places ${"$"}{FPMLINT_PLACES:-}"
files='/etc/php-fpm.conf /etc/php.ini /usr/local/etc/php-fpm.conf /etc/sysctl.conf /etc/hosts'
set +f
for path in /etc/php /etc/php[0-9]* /etc/php-legacy /etc/opt/remi/php*; do [ -d "$path" ] && places="$places $path"; done
for path in /etc/systemd/system /run/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
  for unit in "$path"/nginx.service "$path"/*fpm*.service "$path"/nginx.service.d/*.conf "$path"/*fpm*.service.d/*.conf; do
    [ -f "$unit" ] && files="$files $unit"
  done
done
set -f
# The main file of a master: a relative one of nginx counts from its prefix, all else from where it was started.
main_of() {
  from=$(readlink "/proc/$1/cwd" 2>/dev/null)
  title=$(cat "/proc/$1/cmdline" 2>/dev/null | tr '\000' ' ')
  main=$(printf '%s\n' "$title" | sed -n -e 's/^nginx: .* -c *\([^ ]*\).*/\1/p' -e 's/^php-fpm: master process (\([^)]*\)).*/\1/p')
  prefix=$(printf '%s\n' "$title" | sed -n 's/^nginx: .* -p *\([^ ]*\).*/\1/p')
  case "$title" in
    php-fpm:*) prefix=$from ;;
    *) case "$prefix" in '' | /*) ;; *) prefix=$from/$prefix ;; esac ;;
  esac
  prefix=${"$"}{prefix%/}
  [ -n "$main$prefix" ] && [ -z "$prefix" ] && has nginx && prefix=$(nginx -V 2>&1 | sed -n 's|.*--prefix=\(/[^ ]*\).*|\1|p')
  case "$main" in
    /*) printf '%s\n' "$main" ;;
    ?*) [ -n "$prefix" ] && printf '%s/%s\n' "$prefix" "$main" ;;
    *) [ -n "$prefix" ] && printf '%s/conf/nginx.conf\n' "$prefix" ;;
  esac
}
for pid in $masters; do
  main=$(main_of "$pid")
  [ -n "$main" ] && files="$files $main"
done
collected=$(
  {
    for path in $files; do [ -f "$path" ] && printf '%s\n' "$path"; done
    for path in $places; do find -L "$path" -type f ! -path "$BREAK" -size -1024k 2>/dev/null; done
  } | grep '^/' | sort -u
)
included=$(
  printf '%s\n' "$collected" | while IFS= read -r path; do
    case "$path" in *.key|*.pem) continue ;; esac
    sed -n -e 's/^[[:space:]]*include[[:space:]][[:space:]]*\(\/[^;]*\);.*/\1/p' \
      -e 's/^[[:space:]]*include[[:space:]]*=[[:space:]]*\(\/.*\)$/\1/p' "$path" 2>/dev/null
  done | sort -u
)
# A relative include of nginx counts from its main file, one of PHP-FPM from what it was started with, which what it has open may show.
started=$(
  for pid in $masters; do
    main=$(main_of "$pid")
    from=$(readlink "/proc/$pid/cwd" 2>/dev/null)
    [ -n "$main" ] || continue
    sed -n 's|^[[:space:]]*include[[:space:]][[:space:]]*\([^/;[:space:]=][^;]*\);.*|'"${"$"}{main%/*}"'/\1|p' "$main" 2>/dev/null
    patterns=$(sed -n 's/^[[:space:]]*include[[:space:]]*=[[:space:]]*\([^/[:space:]"][^;"]*\).*/\1/p' "$main" 2>/dev/null)
    {
      printf '%s\n' "$main" "$from/x"
      ls -l "/proc/$pid/fd" 2>/dev/null | sed -n -e '/-> \/dev\//d' -e 's/^.* -> \(\/.*\)$/\1/p'
    } | while IFS= read -r path; do
      while path=${"$"}{path%/*} && [ -n "$path" ]; do
        printf '%s\n' "$patterns" | while IFS= read -r pattern; do [ -n "$pattern" ] && printf '%s\n' "$path/$pattern"; done
      done
    done
  done | sort -u
)
included=$(printf '%s\n%s\n' "$included" "$started")
set +f
for path in $included; do [ -f "$path" ] && collected=$(printf '%s\n%s\n' "$collected" "$path"); done
set -f
collected=$(printf '%s\n' "$collected" | sort -u | head -n "$MOST")
printf '%s\n' "$collected" | while IFS= read -r path; do config "$path"; done
pids=$(
  printf '%s\n' "$collected" | while IFS= read -r path; do
    sed -n -e 's|^[[:space:]]*pid[[:space:]]*=[[:space:]]*\(/[^;[:space:]]*\).*|\1|p' \
      -e 's|^[[:space:]]*pid[[:space:]][[:space:]]*\(/[^;[:space:]]*\)[[:space:]]*;.*|\1|p' "$path" 2>/dev/null
  done | sort -u
)
for path in $pids; do
  [ -f "$path" ] && number=$(head -c 20 "$path" 2>/dev/null | grep -E '^[0-9]+$') && printf '%s\n' "$number" | text "$path"
done
cut -d: -f1-4 /etc/passwd 2>/dev/null | sed 's/^\([^:]*\):[^:]*:/\1:x:/' | text /etc/passwd
cut -d: -f1-4 /etc/group 2>/dev/null | sed 's/^\([^:]*\):[^:]*:/\1:x:/' | text /etc/group
links=$(for path in $places; do find "$path" -type l ! -path "$BREAK" 2>/dev/null; done | head -n "$MOST")

# As xargs reads them: it takes many paths at a time, which a loop does not.
escaped() { sed 's/[^A-Za-z0-9_.@%+/:,=~-]/\\&/g'; }

# What is at each path and on the way to it: what is there, where links lead, and what is missing where one may look.
around() {
  before=''
  while IFS= read -r leaf; do
    path=$leaf
    while [ -n "$path" ]; do
      parent=${"$"}{path%/*}
      if [ -L "$path" ]; then
        # Many paths have the same link on their way.
        if [ "$path" != "$before" ]; then
          before=$path
          target=$(readlink "$path" 2>/dev/null)
        fi
        printf 'at %s\nlink %s\t%s\n' "$path" "$path" "$target"
        case "$target" in
          /*) printf 'more %s%s\n' "$target" "${"$"}{leaf#"$path"}" ;;
          ?*) printf 'more %s/%s%s\n' "$parent" "$target" "${"$"}{leaf#"$path"}" ;;
        esac
      elif [ -e "$path" ]; then
        printf 'at %s\n' "$path"
      elif [ -d "$parent/" ] && [ -x "$parent/" ]; then
        printf 'gone %s\n' "$path"
      fi
      path=$parent
    done
  done | sed -e '/^more /{' -e 's|/\./|/|g' -e ':up' -e 's|/[^/][^/]*/\.\./|/|' -e 't up' -e '}' | sort -u
}

# Every path that those files or the programs name, with the directories on its way.
built=''
has nginx && built=$(nginx -V 2>&1)
texts=$(printf '%s\n' "$collected" | grep -v -E '[.](key|pem)$' | escaped)
words=$(
  {
    printf '%s\n' "$texts" | xargs sed '' 2>/dev/null
    # With the names of pools in their places.
    printf '%s\n' "$texts" | xargs grep -l '[$]pool' 2>/dev/null | while IFS= read -r path; do
      sed -n 's|^[[:space:]]*\[\([A-Za-z0-9._-]*\)\].*|\1|p' "$path" | while IFS= read -r pool; do
        sed "s|[$]pool|$pool|g" "$path"
      done
    done
  } | sed 's/[#;].*$/ &/'
)
named=$(
  {
    { printf '%s\n' "$words"; printf '%s\n' "$built"; } | tr -c 'A-Za-z0-9._@%+/-' '\n'
    # Names with spaces are in quotes, or follow an equals sign.
    printf '%s\n' "$words" | grep '"' | tr '"' '\n'
    printf '%s\n' "$words" | grep "'" | tr "'" '\n'
    printf '%s\n' "$words" | sed -n 's|^[^=]*=[[:space:]]*\(/[^;"]*[^;"[:space:]]\)[[:space:]]*$|\1|p'
    sed -n 's/^[0-9a-f]*: [0-9A-F]* [0-9A-F]* 00010000 0001 01 *[0-9]* //p' "$net/unix" 2>/dev/null
    printf '%s\n' /tmp /var/tmp /.dockerenv /run/.containerenv /run/systemd/container
    printf '%s\n' "$collected" "$links"
  } | grep '^/[^/]' | sed 's|/*$||' | sort -u | head -n 50000
)
# A disk that is not mounted leaves an empty directory.
printf '%s\n' "$named" | while IFS= read -r path; do
  if [ -d "$path" ] && [ -r "$path" ] && [ -x "$path" ]; then
    [ -z "$(ls -A "$path" 2>/dev/null | grep -v -x 'lost+found' | head -n 1)" ] && printf 'empty %s\n' "$path"
  fi
done
chroots=$(printf '%s\n' "$words" | sed -n 's|^[[:space:]]*chroot[[:space:]]*=[[:space:]]*\(/[^;[:space:]]*\).*|\1|p' | sort -u | head -n 20)
named=$(
  {
    printf '%s\n' "$named"
    printf '%s\n' "$named" | while IFS= read -r path; do
      [ -d "$path" ] && printf '%s\n' "$path/index.php"
      for root in $chroots; do [ -e "$root$path" ] && printf '%s\n' "$root$path"; done
    done
  } | sort -u
)
found=$(printf '%s\n' "$named" | around)
for round in 1 2 3 4 5; do
  more=$(printf '%s\n' "$found" | sed -n 's/^more //p' | around)
  found=$(printf '%s\n' "$found" "$more" | sort -u)
done
printf '%s\n' "$found" | grep -E '^(link|gone) '
present=$(printf '%s\n' "$found" | sed -n 's/^at //p' | head -n $((MOST * 4)) | escaped)
printf '%s\n' "$present" | xargs stat -c 'stat %f %u %g %Y	%n' 2>/dev/null
# Not every ls shows access control lists.
ls --version 2>/dev/null | grep -q GNU && echo 'lists shown'
printf '%s\n' "$present" | xargs ls -ld 2>/dev/null | sed -n 's|^[^ ]*+ [^/]* \(/.*\)$|acl \1|p'
printf '%s\n' "$present" | xargs stat -f -c 'room %a %b %S %d %c	%n' 2>/dev/null

# Certificates, without what else their files hold.
printf '%s\n' "$collected" | while IFS= read -r path; do
  case "$path" in *.key|*.pem) continue ;; esac
  sed -n 's/^[[:space:]]*ssl_certificate[[:space:]][[:space:]]*\(\/[^;]*\);.*/\1/p' "$path" 2>/dev/null
done | sort -u | while IFS= read -r path; do
  [ -r "$path" ] && sed -n '/-BEGIN CERTIFICATE-/,/-END CERTIFICATE-/p' "$path" | text "$path"
done

# What programs say, and the names that nginx connects to.
has ss && output 'ss -xlH' ss -xlH
has systemctl && output 'systemctl show' systemctl show --property=Id,LoadState,ActiveState,Result,NRestarts nginx.service php-fpm.service 'php*-fpm.service'
has journalctl && output 'journalctl --dmesg' journalctl --dmesg --since=-1d --no-pager --quiet --output=short-iso
[ -n "$built" ] && output 'nginx -V' printf '%s\n' "$built"
if has getent; then
  printf '%s\n' "$collected" | while IFS= read -r path; do
    case "$path" in *.key|*.pem) continue ;; esac
    sed -n -e 's/^[[:space:]]*[a-z]*_pass[[:space:]][[:space:]]*\([A-Za-z][A-Za-z0-9.-]*\):[0-9].*/\1/p' \
      -e 's/^[[:space:]]*server[[:space:]][[:space:]]*\([A-Za-z][A-Za-z0-9.-]*\):[0-9].*/\1/p' "$path" 2>/dev/null
  done | sort -u | head -n 64 | while read -r name; do
    [ "$name" = unix ] && continue
    printf 'name %s %s\n' "$name" "$(getent ahosts "$name" 2>/dev/null | cut -d' ' -f1 | sort -u | tr '\n' ' ')"
  done
fi
echo 'end'
`;
