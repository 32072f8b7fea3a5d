#!/bin/sh
# OpenSSH's own regression tests of sftp, scp and sftp-server with our programs, and crossed with the stock ones:
#
#   test/regress/moving-files.sh RUNNER [ours | client | server ...]
#
# RUNNER runs single tests of Debian's package openssh-tests against programs of a folder (its options here: --interop
# --stock-missing --stock NAMES). Needs that package, putty-tools, and root or sudo; and `npm run build` before.
# ours: both sides are ours. client: our clients, stock servers. server: stock clients, our servers; there the stock
# ssh-keygen makes the keys, since the suite wants every type that the stock ssh names, DSA among them.
# All three unless told. Ends with status 1 when a test failed. What came of it last: docs/regress.md.

set -u
runner=${1:?usage: $0 RUNNER [ours | client | server ...]}
shift
[ $# -gt 0 ] || set -- ours client server
tests='scp scp3 scp-uri sftp sftp-batch sftp-badcmds sftp-chroot sftp-cmds sftp-glob sftp-perm sftp-uri transfer
  putty-transfer'
repository=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
# The suite runs as an ordinary user, and takes what is in the folder for programs.
cp -a "$repository"/dist/bin/. "$folder" && rm -f "$folder"/*.js && chmod -R a+rX "$folder" || exit 1
unset NODE_EXTRA_CA_CERTS NODE_OPTIONS

status=0
for combination in "$@"; do
  case $combination in
    ours) stock= ;;
    client) stock='--stock sshd,sftp-server' ;;
    server) stock='--stock ssh,scp,sftp,ssh-keygen,ssh-sk-helper' ;;
    *)
      echo "$0: no combination $combination" >&2
      exit 2
      ;;
  esac
  echo "== $combination"
  # shellcheck disable=SC2086
  TIMEOUT=${TIMEOUT:-90} LOGDIR=${LOGDIR:-/tmp/regress-logs}/$combination \
    "$runner" --interop --stock-missing $stock "$folder" $tests || status=1
done
exit $status
