// What the library is told about a transfer: the flags of the command and of the command line, the meter, and what is
// said while it runs.

import { extensionTable } from '@sallyport/protocol/sftp/extensions';
import { synchronousFiles } from 'sallyport/sftp/node-files';
import type { TransferOptions } from 'sallyport/sftp/transfer/transfer-options';
import { byteStringOf } from '../shared/byte-string.ts';
import { transferMessages } from './messages.ts';
import { meterHooks } from './meter-hooks.ts';
import type { TransferFlags } from './parse-command.ts';
import { baseName } from './paths.ts';
import type { CommandRun } from './session.ts';
import { sentenceOf } from './transfer-problem.ts';

const usualRequests = 64;

export function transferOptions(run: CommandRun, flags: TransferFlags, direction: 'down' | 'up'): TransferOptions {
  const { client, defaults, report, showsProgress } = run.session;
  const { bufferBytes, requests, limitBytesPerSecond } = defaults;
  const canSync = direction === 'down' || client.extensions.has(extensionTable.fsync.name);
  const isLimited = bufferBytes !== undefined || requests !== undefined;
  const requestBytes = bufferBytes ?? (direction === 'down' ? client.limits.readBytes : client.limits.writeBytes);
  const meter = showsProgress ? meterHooks(direction) : {};
  return {
    signal: run.signal,
    resume: flags.resume || defaults.resume,
    preserve: flags.preserve || defaults.preserve,
    sync: (flags.sync || defaults.sync) && canSync,
    limitBytesPerSecond,
    localFiles: synchronousFiles(),
    ...(isLimited ? { requestBytes, windowBytes: requestBytes * (requests ?? usualRequests) } : {}),
    hooks: {
      ...meter,
      folderEntered: ({ remotePath, localPath }) =>
        report.say(
          direction === 'down'
            ? transferMessages.retrieving(byteStringOf(remotePath))
            : transferMessages.entering(byteStringOf(localPath)),
        ),
      skipped: (path) => {
        const skipped = byteStringOf(path);
        const isDown = direction === 'down';
        report.note(isDown ? transferMessages.notDownloaded(skipped) : transferMessages.notRegular(baseName(skipped)));
      },
      failed: (error) => run.problem(sentenceOf(error, direction)),
    },
  };
}
