// Which servers are known to take requests that come before the answers to those before them, as RFC 4252 section 5.1
// lets a client send them: the service request with the first attempts saves a round trip of a login each. Servers that
// say another name are asked one thing at a time.

/** `software` is what the server's identification says after the protocol version (RFC 4253 section 4.2). */
export function answersInOrder(software: string): boolean {
  return /^(?:OpenSSH_(?:[6-9]|[1-9][0-9])\.|Sallyport_)/.test(software);
}
