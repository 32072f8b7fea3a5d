// The program `sshd`: options, configuration, host keys, then one of its modes: test and print the configuration,
// serve one connection on descriptors 0 and 1 (-i), or listen. It is the monitor; the other roles are processes of
// their own.

import { openSync, writeSync } from 'node:fs';
import * as path from 'node:path';
import { createCryptoProvider } from '@sallyport/crypto';
import type { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import { forbidTracing } from '@sallyport/system/identity';
import { errorText } from '@sallyport/system/system-error';
import { missingForSandbox } from './auth/sandbox.ts';
import type { CommandLine } from './configuration/command-line.ts';
import { readCommandLine } from './configuration/command-line.ts';
import { printedLines } from './configuration/printed-options.ts';
import { readConfiguration } from './configuration/read-configuration.ts';
import { messages } from './messages.ts';
import { detach, givenOpenFileLimit } from './serve/detach.ts';
import { serveInetd } from './serve/inetd.ts';
import { serveListening } from './serve/listening.ts';
import { withHostKeys } from './serve/with-host-keys.ts';

const failed = 1;
/** OpenSSH's fatal(). */
const fatal = 255;
const stderrFd = 2;

export async function main(argv: readonly string[]): Promise<number> {
  const line = readCommandLine(argv);
  if ('problem' in line) {
    process.stderr.write(`${line.problem}\n${line.showsUsage ? messages.usage : ''}`);
    return failed;
  }
  if (line.mode === 'version') {
    process.stderr.write(messages.version);
    return 0;
  }
  return run(line);
}

type Complain = (sentence: string) => void;

/** Where sentences go before sshd serves: the log file, else stderr. Undefined when there is no such file to be had. */
function openComplaints({ logFile }: CommandLine): Complain | undefined {
  const to = (fd: number): Complain => {
    return (sentence) => void writeSync(fd, `${sentence}\r\n`);
  };
  if (logFile === undefined) return to(stderrFd);
  try {
    return to(openSync(logFile, 'a', 0o600));
  } catch (error) {
    const reason = errorText((error as NodeJS.ErrnoException).code ?? '');
    process.stderr.write(messages.noLogFile(logFile, reason));
    return undefined;
  }
}

async function run(given: CommandLine): Promise<number> {
  const complain = openComplaints(given);
  if (complain === undefined) return failed;
  const workingFolder = process.cwd();
  const { logFile } = given;
  // A daemon leaves its folder and opens its log anew on SIGHUP.
  const line = logFile === undefined ? given : { ...given, logFile: path.resolve(logFile) };
  const read = (): SshdConfig | number => usableConfiguration(line, workingFolder, complain);
  const config = read();
  if (typeof config === 'number') return line.mode === 'inetd' ? fatal : config;
  if (line.mode === 'print-unchecked') return print(config, line);
  // The host keys of an account's own sshd are no file (/proc/PID/mem) for those who may use SFTP only.
  if (process.getuid?.() !== 0) forbidTracing();
  const crypto = createCryptoProvider();
  // Before the parent may be gone.
  const openFiles = givenOpenFileLimit();
  const serve = withHostKeys({ crypto, config, line, openFiles }, complain);
  if (serve === undefined) return failed;
  const missing = missingForSandbox();
  if (missing !== undefined) {
    complain(missing);
    return fatal;
  }
  switch (line.mode) {
    case 'test':
      return 0;
    case 'print':
      return print(config, line);
    case 'inetd':
      return serveInetd(serve);
    default:
      if (line.detach && line.debugLevel === 0) return detach(serve);
      return serveListening(serve, () => {
        const again = read();
        return typeof again === 'number' ? undefined : withHostKeys({ ...serve, config: again }, complain);
      });
  }
}

/** The configuration, or the exit status when it is not usable, which has been said. */
function usableConfiguration(line: CommandLine, workingFolder: string, complain: Complain): SshdConfig | number {
  const { configFile: file, lines } = line;
  const { config, problems, status, notes } = readConfiguration({ file, lines, workingFolder });
  for (const sentence of [...notes, ...problems]) complain(sentence);
  return problems.length === 0 ? config : status;
}

function print(config: SshdConfig, line: CommandLine): number {
  process.stdout.write(`${printedLines(config, line.connection).join('\n')}\n`);
  return 0;
}
