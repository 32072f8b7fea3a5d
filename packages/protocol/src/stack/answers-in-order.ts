// Which servers get the service request with the first attempts, without waiting for the answers between them, as RFC
// 4252 section 5.1 lets a client send them: it saves a round trip of a login each. Ours do. OpenSSH would answer in
// order, too, but holds its second answer back until the first is acknowledged (it lets Nagle's algorithm work before a
// login), which costs 40 ms on every line that is shorter. Whoever else is asked one thing at a time.

/** `software` is what the server's identification says after the protocol version (RFC 4253 section 4.2). */
export function answersInOrder(software: string): boolean {
  return software.startsWith('Sallyport_');
}
