// The program `sshd`: options, configuration, host keys, then one of its modes: test and print the configuration,
// serve one connection on descriptors 0 and 1 (-i), or listen. It is the monitor; the other roles are processes of
// their own.

import { openSync, writeSync } from 'node:fs';
import { createCryptoProvider } from '@sallyport/crypto';
import { dumpSshdOptions } from '@sallyport/protocol/config/dump';
import type { CommandLine } from './configuration/command-line.ts';
import { readCommandLine } from './configuration/command-line.ts';
import { printedOptions } from './configuration/printed-options.ts';
import { readConfiguration } from './configuration/read-configuration.ts';
import { loadHostKeys } from './listener/load-host-keys.ts';
import { messages, versionLine } from './messages.ts';
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
  const { config, problems, notes } = readConfiguration({ file: line.configFile, lines: line.lines });
  for (const sentence of [...notes, ...problems]) complain(sentence);
  if (problems.length > 0) return line.mode === 'inetd' ? failedInetd : failed;
  const options = config.globalOptions();
  if (line.mode === 'print-unchecked') return print(line);
  const crypto = createCryptoProvider();
  const isDefault = !config.mentioned.some(({ name }) => name === 'HostKey');
  const loaded = loadHostKeys(crypto, options.HostKey, isDefault);
  for (const problem of loaded.problems) complain(problem);
  if (loaded.keys.length === 0) {
    complain(messages.noHostKeys);
    return failed;
  }
  if (line.mode === 'test') return 0;
  if (line.mode === 'print') return print(line);
  const serve: ServeOptions = { crypto, config, keys: loaded.keys, line };
  if (line.mode === 'inetd') return serveInetd(serve);
  if (line.detach && line.debugLevel === 0) return detach();
  return serveListening(serve);

  function print(of: CommandLine): number {
    const shown = printedOptions(config, of.connection);
    process.stdout.write(`${dumpSshdOptions(shown).join('\n')}\n`);
    return 0;
  }
}
