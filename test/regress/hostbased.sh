#!/bin/sh
# OpenSSH's own regression test of hostbased authentication, which the suite skips without a set-up in /etc/ssh. Here
# that is made in a mount namespace, with the host keys of the machine:
#
#   test/regress/hostbased.sh RUNNER [service | helper | relay ...]
#
# RUNNER: as for moving-files.sh. Needs root and /etc/ssh/ssh_host_*; and `npm run build` before. service: our ssh and
# sshd, our ssh-keysign signs. helper: our ssh and sshd, OpenSSH's set-user-ID ssh-keysign signs. relay: the stock ssh
# and sshd, our ssh-keysign stands in the place of the stock helper. All three unless told. Ends with status 1 when one
# failed. What came of it last: docs/regress.md.

set -u
runner=${1:?usage: $0 RUNNER [service | helper | relay ...]}
shift
[ $# -gt 0 ] || set -- service helper relay
repository=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" && cp -a "$repository"/dist/bin/. "$folder/bin" && rm -f "$folder"/bin/*.js || exit 1
chmod -R a+rX "$folder"
unset NODE_EXTRA_CA_CERTS NODE_OPTIONS
export TEST_SSH_HOSTBASED_AUTH=yes TIMEOUT="${TIMEOUT:-90}" folder runner

inside='
  set -e
  combination=$1
  etc=$folder/etc-$combination
  cp -a /etc/ssh "$etc"
  { echo "EnableSSHKeysign yes"; echo "HostbasedAcceptedAlgorithms +ssh-rsa"; cat /etc/ssh/ssh_config; } >"$etc/ssh_config"
  hostname >"$etc/shosts.equiv"
  for key in /etc/ssh/ssh_host_*_key.pub; do echo "$(hostname) $(cat "$key")"; done >"$etc/ssh_known_hosts"
  mount --make-rprivate /
  mount --bind "$etc" /etc/ssh
  mount -t tmpfs tmpfs /run
  mkdir /run/sshd
  programs=$folder/bin
  if [ "$combination" = relay ]; then
    mount --bind "$folder/bin/sallyport" /usr/lib/openssh/ssh-keysign
    programs=/usr/bin:/usr/sbin:/usr/lib/openssh
  fi
  if [ "$combination" != helper ]; then
    "$folder/bin/ssh-keysign" -D -e &
    until [ -S /run/sallyport/keysign.sock ]; do sleep 0.1; done
  fi
  LOGDIR=${LOGDIR:-/tmp/regress-logs}/hostbased-$combination "$runner" --stock-missing "$programs" hostbased
'
status=0
for combination in "$@"; do
  echo "== $combination"
  unshare --mount --fork --kill-child sh -c "$inside" sh "$combination" || status=1
done
exit $status
