// The named limits of the transport. Each bounds what a peer can make us keep or do, or says when keys are worn out
// (RFC 4253 section 9).

/** OpenSSH's largest packet_length; RFC 4253 section 6.1 demands at least 35000. */
export const maximumPacketBytes = 256 * 1024;
/** Largest payload we send: room for its length fields, padding and tag stays below every peer's limit of 256 KiB. */
export const maximumPayloadBytes = maximumPacketBytes - 512;
/** RFC 4253 section 4.2: our identification line with CR LF. */
export const maximumOwnIdentificationBytes = 255;
/** Longest line of the peer before packets begin, as OpenSSH accepts it. */
export const maximumLineBytes = 8192;
/** Lines that a server may send before its identification. */
export const maximumLinesBefore = 1024;
/** Unopened input beyond which the peer, or an owner that reads while an answer is awaited, is cut off. */
export const maximumPendingInputBytes = 8 * 1024 * 1024;
/** Sealed output that nobody takes, beyond which no more input is wanted. */
export const wantedOutputBytes = 2 * 1024 * 1024;
/** Payloads held back while keys are exchanged. */
export const maximumHeldBytes = 64 * 1024 * 1024;
/** PONG and UNIMPLEMENTED messages that wait in the output. */
export const maximumUntakenReplies = 4096;
/** RFC 8308 section 2.3 names no limit; OpenSSH's. */
export const maximumExtensions = 1024;
/** Key exchanges before authentication is over. */
export const maximumEarlyExchanges = 16;
/** RFC 4253 section 9 and RFC 4344 section 3.1: packets in one direction before keys are exchanged. */
export const rekeyPackets = 2 ** 31;
/** Packets in one direction under the same keys, never reached unless a peer does not exchange keys. */
export const maximumPacketsPerKeys = 2 ** 32;
/** Characters of a peer's DISCONNECT text that are kept. */
export const maximumDisconnectText = 1024;
