// The files of known hosts: their lines, and a line more. Their format is protocol/keys'; who may be trusted is judged
// in known-hosts-check.ts.

import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KnownHostsLine } from '@sallyport/protocol/keys/formats/known-hosts';
import { parseKnownHosts } from '@sallyport/protocol/keys/formats/known-hosts';

// A file that is not there has no lines; one that cannot be read may hold what forbids the key, but OpenSSH goes on
// as well, and an unknown key is asked about.
export function readKnownHosts(file: string): KnownHostsLine[] {
  try {
    return parseKnownHosts(readFileSync(file, 'utf8'), file);
  } catch {
    return [];
  }
}

/** Appends a line, with the newline that the last one may lack; false when that is impossible. */
export function addKnownHostsLine(file: string, line: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const contents = textIfThere(file);
    const separator = contents === '' || contents.endsWith('\n') ? '' : '\n';
    appendFileSync(file, `${separator}${line}\n`, { mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}

function textIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
