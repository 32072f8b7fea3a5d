// The progress meter over a transfer: a line for each file that is under way, by the name that it has where it comes
// from.

import { baseName } from 'sallyport/sftp/names';
import type { FileProgress, TransferHooks } from 'sallyport/sftp/transfer/transfer-options';
import { hasProgress, ProgressMeter, standardTerminal } from '../shared/progress-meter.ts';

export function meterHooks(direction: 'down' | 'up'): TransferHooks {
  const meter = new ProgressMeter(standardTerminal(process.env));
  const stops = new Map<FileProgress, () => void>();
  return {
    fileStarted(file) {
      if (!hasProgress(file, direction)) return;
      const name = baseName(direction === 'down' ? file.remotePath : file.localPath);
      stops.set(file, meter.start({ name, total: file.totalBytes, position: () => file.position }));
    },
    fileEnded(file) {
      stops.get(file)?.();
      stops.delete(file);
    },
  };
}
