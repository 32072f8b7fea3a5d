// The server's end of the old protocol: sshd starts `scp -t target` or `scp -f source` for a client, on standard input
// and output.

import { formatProblem } from '@sallyport/protocol/scp/records';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { keepStandardFlags } from '@sallyport/system/descriptors';
import { joinHalves } from '@sallyport/system/two-way-stream';
import { bytesOf } from '../shared/byte-string.ts';
import { folderProblem } from './local-files.ts';
import { messages } from './messages.ts';
import { runSink } from './old/run-sink.ts';
import { sendPath } from './old/send-files.ts';
import { SourceLink } from './old/source-link.ts';
import type { Invocation } from './options.ts';
import type { Report } from './report.ts';

export async function runRole(invocation: Invocation, report: Report): Promise<void> {
  keepStandardFlags();
  const input = openDescriptor(0, { readable: true, writable: false });
  const output = openDescriptor(1, { readable: false, writable: true });
  const stream = joinHalves(input, output);
  const written = whenClosed(output);
  try {
    await (invocation.role === 'source' ? runSource(stream, invocation, report) : receive(stream, invocation, report));
  } finally {
    stream.end();
    await written;
    input.destroy();
  }
}

/** Beside what is to happen then already. */
function whenClosed(stream: ByteStream): Promise<void> {
  const { onClose } = stream;
  return new Promise((resolve) => {
    stream.onClose = (error) => {
      onClose?.(error);
      resolve();
    };
  });
}

async function runSource(stream: ByteStream, invocation: Invocation, report: Report): Promise<void> {
  const { operands, recursive, preserve, limitBytesPerSecond } = invocation;
  const link = new SourceLink(stream, { report, limitBytesPerSecond });
  await link.ready();
  for (const path of operands) await sendPath(link, path, { recursive, preserve, report });
}

async function receive(stream: ByteStream, invocation: Invocation, report: Report): Promise<void> {
  const { operands, recursive, preserve, limitBytesPerSecond, toFolder } = invocation;
  const [target, other] = operands;
  if (target === undefined || other !== undefined) return refuse(stream, messages.ambiguousTarget, report);
  const problem = toFolder ? folderProblem(target) : undefined;
  if (problem !== undefined) return refuse(stream, messages.fileProblem(target, problem), report);
  await runSink(stream, { target, recursive, preserve, limitBytesPerSecond, report });
}

function refuse(stream: ByteStream, problem: string, report: Report): void {
  stream.write([formatProblem(bytesOf(problem))]);
  report.fail();
}
