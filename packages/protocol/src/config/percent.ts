// %-tokens, ${NAME} and ~ in values (ssh_config(5) and sshd_config(5), "tokens"; "environment variables"). Which of
// them a keyword takes is in its row; their values are the caller's. An unknown token or an unset variable is a
// Problem.

import type { Problem } from './config-error.ts';
import { problem } from './config-error.ts';

/** Letters after `%`; `%%` is always one. */
export type TokenLetters = string;

/** Letter → text. A letter that is missing cannot be expanded here. */
export type TokenValues = Readonly<Record<string, string>>;

export interface Expansion {
  readonly tokens?: { readonly letters: TokenLetters; readonly values: TokenValues };
  /** Value of an environment variable. */
  readonly environment?: (name: string) => string | undefined;
  /** Home of the named user, '' for one's own; for a leading ~. */
  readonly home?: (user: string) => string | undefined;
}

/** Upper limit of an expanded value. */
export const maximumExpandedLength = 65_536;

/** Expands a value: first ~ at its start, then tokens and variables in one go, so that nothing is expanded twice. */
export function expand(text: string, how: Expansion): string | Problem {
  const start = how.home === undefined ? text : expandTilde(text, how.home);
  if (typeof start !== 'string') return start;
  let out = '';
  for (let at = 0; at < start.length; ) {
    const piece = readPiece(start, at, how);
    if ('problem' in piece) return piece;
    out += piece.text;
    at = piece.end;
    if (out.length > maximumExpandedLength) return problem('expanded value is too long');
  }
  return out;
}

interface Piece {
  readonly text: string;
  readonly end: number;
}

function readPiece(text: string, at: number, how: Expansion): Piece | Problem {
  const character = text.charAt(at);
  if (character === '%' && how.tokens !== undefined) return token(text, at, how.tokens);
  if (character === '$' && text.charAt(at + 1) === '{' && how.environment !== undefined) {
    return variable(text, at, how.environment);
  }
  return { text: character, end: at + 1 };
}

function token(
  text: string,
  at: number,
  tokens: { readonly letters: TokenLetters; readonly values: TokenValues },
): Piece | Problem {
  const letter = text.charAt(at + 1);
  if (letter === '%') return { text: '%', end: at + 2 };
  if (letter === '') return problem('invalid format');
  const value = tokens.letters.includes(letter) ? tokens.values[letter] : undefined;
  return value === undefined ? problem(`unknown key %${letter}`) : { text: value, end: at + 2 };
}

function variable(text: string, at: number, environment: (name: string) => string | undefined): Piece | Problem {
  const close = text.indexOf('}', at);
  if (close < 0) return problem("environment variable is missing closing '}'");
  const name = text.slice(at + 2, close);
  if (name === '') return problem('zero-length environment variable');
  const value = environment(name);
  return value === undefined ? problem(`env var \${${name}} has no value`) : { text: value, end: close + 1 };
}

function expandTilde(text: string, home: (user: string) => string | undefined): string | Problem {
  if (!text.startsWith('~')) return text;
  const slash = text.indexOf('/');
  const user = text.slice(1, slash < 0 ? text.length : slash);
  const folder = home(user);
  if (folder === undefined) return problem(user === '' ? 'no home directory' : `no such user ${user}`);
  const rest = slash < 0 ? '' : text.slice(slash).replace(/^\/+/, '');
  return folder.endsWith('/') ? `${folder}${rest}` : `${folder}/${rest}`;
}
