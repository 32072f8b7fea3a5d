// What the escape characters of an interactive session do (ssh(1), ESCAPE CHARACTERS), and what they print. What we
// cannot do says so.

import type { EscapeCommand } from '@sallyport/protocol/terminal/escape';
import { EscapeReader } from '@sallyport/protocol/terminal/escape';
import { escapeMessages } from '../messages.ts';

export interface EscapePort {
  /** Text for the user's terminal, with its own line ends. */
  readonly print: (text: string) => void;
  readonly disconnect: () => void;
  readonly suspend: () => void;
  readonly sendBreak: () => void;
  readonly rekey: () => void;
  /** What is open, a line each. */
  readonly listChannels: () => readonly string[];
  /** The new log level. */
  readonly changeVerbosity: (by: 1 | -1) => string;
}

/** What reads the user's input: it sends what is input and does what is a command, in order. */
export function escapedInput(
  escapeByte: number,
  send: (data: Uint8Array) => void,
  port: EscapePort,
): (chunk: Uint8Array) => void {
  const reader = new EscapeReader(escapeByte);
  const name = escapeByte < 0x20 ? `^${String.fromCharCode(escapeByte + 0x40)}` : String.fromCharCode(escapeByte);
  return (chunk) => {
    for (const step of reader.read(chunk)) {
      if (step.type === 'send') send(step.data);
      else performEscape(step.command, name, port);
    }
  };
}

function performEscape(command: EscapeCommand, escape: string, port: EscapePort): void {
  const say = (text: string): void => port.print(`${escape}${text}\r\n`);
  switch (command) {
    case 'disconnect':
      say('.');
      return port.disconnect();
    case 'suspend':
      say(escapeMessages.suspending);
      return port.suspend();
    case 'list-channels':
      say('#');
      return port.print(lines([escapeMessages.openConnections, ...port.listChannels()]));
    case 'help':
      say('?');
      return port.print(lines(escapeMessages.help(escape)));
    case 'send-break':
      say('B');
      return port.sendBreak();
    case 'rekey':
      return port.rekey();
    case 'less-verbose':
      return say(escapeMessages.logLevel('V', port.changeVerbosity(-1)));
    case 'more-verbose':
      return say(escapeMessages.logLevel('v', port.changeVerbosity(1)));
    case 'command-line':
      return port.print(lines([escapeMessages.noCommandLine]));
    case 'background':
      return say(escapeMessages.unsupported('&'));
    case 'connection-information':
      return say(escapeMessages.unsupported('I'));
  }
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\r\n`).join('');
}
