// What an ssh and its helper ssh-keysign say to each other on the helper's standard input and output (OpenSSH's version
// 2): the number of the descriptor that is the connection and the data, and the signature. Each message is behind its
// length.

import { byte, bytes, uint32 } from '@sallyport/protocol/codec/fields';
import { struct } from '@sallyport/protocol/codec/struct';

export const helperVersion = 2;
export const helperRequest = struct({ version: byte, fd: uint32, data: bytes });
export const helperAnswer = struct({ version: byte, signature: bytes });
