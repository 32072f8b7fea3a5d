// The one exception that decoders throw. It never leaves this package: the engines catch it where a packet is
// dispatched and where a file is parsed, and turn it into a Failure or a null.

export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}
