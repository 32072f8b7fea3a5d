#!/bin/sh
# Big files and big trees through our sftp, scp and sshd and through the stock ones, every hash compared; too long for
# the tests of every day:
#
#   test/heavy/moving-files.sh [FOLDER]
#
# FOLDER (/tmp unless told) takes some 11 GB. A file of 5 GiB with data at its beginning, at its end, around 2 and 4 GiB
# and once in every 64 MiB; a tree of 20,000 files, whose names have blanks, line ends and bytes that are no text. Needs
# OpenSSH, root, and `npm run build` before. Ends with status 1 at the first difference.

set -eu
unset NODE_EXTRA_CA_CERTS NODE_OPTIONS || :
ours=$(cd "$(dirname "$0")/../../dist/bin" && pwd)
work=$(mktemp -d "${1:-/tmp}/sallyport-heavy-XXXXXX")
servers=
# shellcheck disable=SC2086
trap 'kill $servers 2>/dev/null || :; rm -rf "$work"' EXIT
cd "$work"
chmod 755 .

ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f user
cat > config <<END
HostKey $work/host
AuthorizedKeysFile $work/user.pub
ListenAddress 127.0.0.1
StrictModes no
PermitRootLogin yes
UsePAM no
PidFile none
Subsystem sftp internal-sftp
END
mkdir -p /run/sshd

# start NAME PROGRAM: a server on a port of its own, which becomes NAME_port.
start() {
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  "$2" -D -e -p "$port" -f "$work/config" 2> "$1.log" &
  servers="$servers $!"
  echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 host.pub)" >> known
  eval "$1_port=$port"
  tries=0
  until ssh-keyscan -p "$port" 127.0.0.1 2>/dev/null | grep -q ssh-; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || { cat "$1.log"; exit 1; }
    sleep 0.5
  done
}
start ours "$ours/sshd"
start stock /usr/sbin/sshd

options="-i $work/user -o UserKnownHostsFile=$work/known -o IdentitiesOnly=yes -o BatchMode=yes"

python3 - <<'END'
import os
with open('big', 'wb') as f:
    for at in sorted({0, 2**31 - 1, 2**31 + 7, 2**32 - 3, 5 * 2**30 - 4099} | set(range(12345, 5 * 2**30, 2**26))):
        f.seek(at)
        f.write(os.urandom(4099))
os.mkdir('tree')
for i in range(20000):
    if i % 500 == 0:
        folder = b'tree/folder %d' % i + (b'\nsecond line' if i % 1000 == 0 else b'\xff\xe9')
        os.mkdir(folder)
    name = {0: b'two words %d', 1: b'line\nend %d', 2: b'latin \xe9\xff %d', 3: b'\'"`$(id)\\ %d'}.get(i % 50, b'f%d') % i
    with open(folder + b'/' + name, 'wb') as f:
        f.write(os.urandom(i % 7000))
END
big=$(sha256sum < big)
tree() (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum -z | sha256sum)
whole=$(tree tree)
[ "$(find tree -type f -printf x | wc -c)" = 20000 ]

# same WHAT FOUND WANTED
same() {
  [ "$2" = "$3" ] || { echo "$1: differs"; exit 1; }
  echo "$1: equal, $(($(date +%s) - began)) s"
}

# run_sftp OPTION...: commands come on standard input; what it says is shown when it fails.
run_sftp() {
  "${folder}sftp" -q -b - "$@" > sftp.log 2>&1 || {
    tail sftp.log
    exit 1
  }
}

# both CLIENT SERVER: sftp and scp of one (`ours` or `stock`) with the sshd of the other.
both() {
  case $1 in ours) folder=$ours/ ;; *) folder= ;; esac
  label="$1 client, $2 server"
  eval "port=\$$2_port"
  # shellcheck disable=SC2086
  set -- $options -P "$port"
  began=$(date +%s)
  printf 'put big there\nget there back\n' | run_sftp "$@" 127.0.0.1:"$work"
  same "$label: 5 GiB by sftp, up" "$(sha256sum < there)" "$big"
  same "$label: 5 GiB by sftp, down" "$(sha256sum < back)" "$big"
  rm -f there back
  began=$(date +%s)
  "${folder}scp" -q "$@" big 127.0.0.1:"$work/there"
  same "$label: 5 GiB by scp, up" "$(sha256sum < there)" "$big"
  rm -f there
  began=$(date +%s)
  printf 'put -R tree up\nget -R up down\n' | run_sftp "$@" 127.0.0.1:"$work"
  same "$label: 20,000 files by sftp, up" "$(tree up)" "$whole"
  same "$label: 20,000 files by sftp, down" "$(tree down)" "$whole"
  rm -rf up down
  began=$(date +%s)
  "${folder}scp" -q -r "$@" tree 127.0.0.1:"$work/up"
  "${folder}scp" -q -r "$@" 127.0.0.1:"$work/up" down
  same "$label: 20,000 files by scp, up" "$(tree up)" "$whole"
  same "$label: 20,000 files by scp, down" "$(tree down)" "$whole"
  rm -rf up down
}

both ours ours
both ours stock
both stock ours
