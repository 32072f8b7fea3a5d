// The program `sshd-keys`: reads the files that decide about an account's keys, so that a home that hangs holds up
// this process and not the monitor. Started by sshd only, with sshd's rights; it borrows an account's for each
// question. Descriptor 3 is the framed pipe to the monitor.

import { createCryptoProvider } from '@sallyport/crypto';
import { limitsOf } from '@sallyport/protocol/codec/frame-table';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor } from '@sallyport/system/descriptors';
import { dieWithParent, forbidTracing, limitResource } from '@sallyport/system/identity';
import { ownProgram } from '@sallyport/system/own-program';
import { setProcessTitle } from '@sallyport/system/process-title';
import { FrameChannel } from '../frames/frame-channel.ts';
import { workerDescriptors } from '../listener/worker-program.ts';
import { answerQuestion } from './answer-question.ts';
import type { KeyQuestion } from './question.ts';
import { keyCalls } from './question.ts';

export function main(): Promise<number> {
  dieWithParent();
  forbidTracing();
  limitResource('coreBytes', 0);
  setProcessTitle('sshd-keys');
  closeDescriptor(workerDescriptors.passing);
  const tools = { crypto: createCryptoProvider(), program: ownProgram() };
  return new Promise((resolve) => {
    const channel = new FrameChannel(openDescriptor(workerDescriptors.calls), {
      limitBytes: limitsOf({ ask: keyCalls.ask }),
      frame: (_, body) => {
        const { question } = keyCalls.ask.fields.decode(body);
        // A fault of ours ends the process, which refuses the question.
        void answerQuestion(tools, JSON.parse(question) as KeyQuestion).then((answer) => {
          channel.send(keyCalls.answer, { answer: JSON.stringify(answer) });
        });
      },
      closed: (reason) => resolve(reason.kind === 'ended' ? 0 : 1),
    });
  });
}
