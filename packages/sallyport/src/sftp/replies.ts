// What the replies of a server mean: each function takes one out of the views of a reply and keeps a copy. The engine
// has checked that a reply is of the kind that its request may have.

import type { FileAttributes } from '@sallyport/protocol/sftp/attributes';
import type { SftpReply } from '@sallyport/protocol/sftp/client';
import type { NameEntry } from '@sallyport/protocol/sftp/packets';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';

import { ProtocolError } from '../errors.ts';

type ReplyOf<Kind extends SftpReply['kind']> = Extract<SftpReply, { readonly kind: Kind }>;

export function isDone(): void {
  // A status of 0, and nothing to take out of it.
}

export function handleOf(reply: SftpReply): Uint8Array {
  return (reply as ReplyOf<'handle'>).handle.slice();
}

export function attributesOf(reply: SftpReply): FileAttributes {
  return (reply as ReplyOf<'attributes'>).attributes;
}

/** The names of a reply; none at the end of a folder. */
export function namesOf(reply: SftpReply): NameEntry[] {
  if (reply.kind !== 'names') return [];
  return reply.entries.map(({ name, longName, attributes }) => ({
    name: name.slice(),
    longName: longName.slice(),
    attributes,
  }));
}

/** The one name that REALPATH and its like answer with. */
export function singleNameOf(reply: SftpReply): Uint8Array {
  const { entries } = reply as ReplyOf<'names'>;
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) {
    throw new ProtocolError('message-malformed', `${entries.length} names where one was expected`);
  }
  return entry.name.slice();
}

/** The fields of an extension's reply. */
export function fieldsOf<T>(codec: { decode(data: Uint8Array): T }): (reply: SftpReply) => T {
  return (reply) => {
    try {
      return codec.decode((reply as ReplyOf<'extended'>).fields.slice());
    } catch (error) {
      if (error instanceof DecodeError) throw new ProtocolError('message-malformed', error.message);
      throw error;
    }
  };
}
