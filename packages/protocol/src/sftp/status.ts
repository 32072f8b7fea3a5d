// The codes of SSH_FXP_STATUS (draft-ietf-secsh-filexfer-02 section 7). Version 3 has those up to 8; what later
// versions added, servers may send nevertheless, and it is understood as a failure.

export interface StatusRow {
  readonly code: number;
  readonly name: string;
  /** What a server says unless it knows better. */
  readonly description: string;
}

export const statusTable = [
  { code: 0, name: 'ok', description: 'Success' },
  { code: 1, name: 'end-of-file', description: 'End of file' },
  { code: 2, name: 'no-such-file', description: 'No such file' },
  { code: 3, name: 'permission-denied', description: 'Permission denied' },
  { code: 4, name: 'failure', description: 'Failure' },
  { code: 5, name: 'bad-message', description: 'Bad message' },
  { code: 6, name: 'no-connection', description: 'No connection' },
  { code: 7, name: 'connection-lost', description: 'Connection lost' },
  { code: 8, name: 'operation-unsupported', description: 'Operation unsupported' },
] as const satisfies readonly StatusRow[];

export type StatusName = (typeof statusTable)[number]['name'];

/** Codes by their names in camelCase. */
export const statusCodes = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  operationUnsupported: 8,
} as const;

/** The name of a code; `failure` for one that version 3 does not have. */
export function statusName(code: number): StatusName {
  return statusTable[code]?.name ?? 'failure';
}

/** What is said of a code when its sender said nothing. */
export function statusDescription(code: number): string {
  return statusTable[code]?.description ?? 'Unknown error';
}
