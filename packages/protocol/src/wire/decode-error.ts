// The one exception that decoders throw. It never leaves this package: the engines catch it where a packet is
// dispatched and where a file is parsed, and turn it into a Failure or a null.

export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** What `decode` gives; undefined when it throws a DecodeError: for what a stranger may get wrong without an answer. */
export function tryDecode<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
