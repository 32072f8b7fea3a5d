#!/bin/sh
# OpenSSH's own regression tests of keys, certificates, revocation lists, signatures and agents with our programs:
#
#   test/regress/keys.sh RUNNER [TEST ...]
#
# RUNNER runs single tests of Debian's package openssh-tests against programs of a folder (its options here:
# --stock-missing --suite DIR). Needs that package, softhsm2, and root or sudo; and `npm run build` before. The suite is
# of version 9.2. Where 10.5, or our own rule, wants another outcome than it, the lines of `edits` change its script in
# a copy, so that the rest of that test is seen to pass; t8 makes a DSA key and is left out. Ends with status 1 when a
# test failed. What came of it last: docs/regress.md.

set -u
runner=${1:?usage: $0 RUNNER [TEST ...]}
shift
[ $# -gt 0 ] || set -- t1 t2 t3 t4 t5 t6 t7 t9 t10 t11 t12 agent agent-getpeereid agent-timeout agent-ptrace \
  agent-subprocess agent-restrict agent-pkcs11 keyscan keygen-change keygen-comment keygen-convert keygen-knownhosts \
  keygen-moduli keygen-sshfp keys-command principals-command cert-hostkey cert-userkey cert-file krl hostkey-agent \
  hostkey-rotate sshsig knownhosts knownhosts-command multipubkey limit-keytype keytype hostbased
suite=${SUITE:-/usr/lib/openssh/regress}
repository=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" || exit 1
cp -a "$repository"/dist/bin/. "$folder/bin" && rm -f "$folder"/bin/*.js || exit 1
cp -a "$suite" "$folder/suite" && chmod -R a+rX "$folder" || exit 1
unset NODE_EXTRA_CA_CERTS NODE_OPTIONS

# Script, and what sed does to it; each must change something.
edit() {
  sed -E "$2" "$suite/$1.sh" >"$folder/suite/$1.sh" || exit 1
  if cmp -s "$suite/$1.sh" "$folder/suite/$1.sh"; then echo "$0: $1: nothing to edit: $2" >&2 && exit 2; fi
}
# A certificate without principals is for nobody (10.3 and later), where the suite has it be for everybody; the other
# certificates of this test get the principals that they need to be judged by what is asked. An empty list of revoked
# keys refuses everything: ours, since a list that was cut off must not let everybody in.
edit cert-hostkey 's/^(test_one "empty principals"[[:space:]]+)success/\1failure/
  s/^(test_one "cert .*"-h )(-[VO])/\1-n $HOSTS \2/
  s/(empty plaintext revocation"[[:space:]]+)"yes"/\1"no"/'
edit cert-userkey 's/^(test_one "empty principals"[[:space:]]+)success/\1failure/'
# 10.3 and later name an algorithm of browsers among those of certificates, which no host key signs with, and 10.4 one
# of ML-DSA, of which this test makes no key.
edit hostkey-agent '/^SSH_CERTTYPES=/s/grep /grep -v -e webauthn -e mldsa | grep /'

TIMEOUT=${TIMEOUT:-200} LOGDIR=${LOGDIR:-/tmp/regress-logs}/keys \
  "$runner" --stock-missing --suite "$folder/suite" "$folder/bin" "$@"
