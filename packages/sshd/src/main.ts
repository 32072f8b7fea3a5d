// The program `sshd`: options, configuration, host keys, then one of its modes: test and print the configuration,
// serve one connection on descriptors 0 and 1 (-i), or listen. It is the monitor; the other roles are processes of
// their own.

import { openSync, writeSync } from 'node:fs';
import { createCryptoProvider } from '@sallyport/crypto';
import { dumpSshdOptions } from '@sallyport/protocol/config/dump';
import type { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import { versionLine } from 'sallyport/version';
import type { CommandLine } from './configuration/command-line.ts';
import { readCommandLine } from './configuration/command-line.ts';
import { printedOptions } from './configuration/printed-options.ts';
import { readConfiguration } from './configuration/read-configuration.ts';
import { loadHostKeys } from './listener/load-host-keys.ts';
import { messages } from './messages.ts';
import { detach } from './serve/detach.ts';
import { serveInetd } from './serve/inetd.ts';
import { serveListening } from './serve/listening.ts';
import type { ServeOptions } from './serve/serve-options.ts';

const failed = 1;
const failedInetd = 255;

export async function main(argv: readonly string[]): Promise<number> {
  const line = readCommandLine(argv);
  if ('problem' in line) {
    process.stderr.write(`${line.problem}\n${versionLine}\n${messages.usage}`);
    return failed;
  }
  if (line.mode === 'version') {
    process.stderr.write(`${versionLine}\n`);
    return 0;
  }
  return run(line);
}

/** Where sentences go before sshd serves: the log file, else stderr. */
function openComplaints(line: CommandLine): (sentence: string) => void {
  const fd = line.logFile === undefined ? 2 : openSync(line.logFile, 'a', 0o600);
  return (sentence) => {
    writeSync(fd, `${sentence}\r\n`);
  };
}

async function run(line: CommandLine): Promise<number> {
  const complain = openComplaints(line);
  const config = usableConfiguration(line, complain);
  if (config === undefined) return line.mode === 'inetd' ? failedInetd : failed;
  if (line.mode === 'print-unchecked') return print(config, line);
  const crypto = createCryptoProvider();
  const serve = withHostKeys({ crypto, config, line }, complain);
  if (serve === undefined) return failed;
  switch (line.mode) {
    case 'test':
      return 0;
    case 'print':
      return print(config, line);
    case 'inetd':
      return serveInetd(serve);
    default:
      if (line.detach && line.debugLevel === 0) return detach();
      return serveListening(serve, () => {
        const again = usableConfiguration(line, complain);
        return again && withHostKeys({ crypto, config: again, line }, complain);
      });
  }
}

function usableConfiguration(line: CommandLine, complain: (sentence: string) => void): SshdConfig | undefined {
  const { config, problems, notes } = readConfiguration({ file: line.configFile, lines: line.lines });
  for (const sentence of [...notes, ...problems]) complain(sentence);
  return problems.length === 0 ? config : undefined;
}

function withHostKeys(
  options: Omit<ServeOptions, 'keys'>,
  complain: (sentence: string) => void,
): ServeOptions | undefined {
  const { config, crypto } = options;
  const isDefault = !config.mentioned.some(({ name }) => name === 'HostKey');
  const loaded = loadHostKeys(crypto, config.globalOptions().HostKey, isDefault);
  for (const problem of loaded.problems) complain(problem);
  if (loaded.keys.length > 0) return { ...options, keys: loaded.keys };
  complain(messages.noHostKeys);
  return undefined;
}

function print(config: SshdConfig, line: CommandLine): number {
  const shown = printedOptions(config, line.connection);
  process.stdout.write(`${dumpSshdOptions(shown).join('\n')}\n`);
  return 0;
}
