// What every copy of one call has in common, and what the two protocols offer to the one who walks through the user's
// sources.

import type { ProgressMeter } from '../shared/progress-meter.ts';
import type { RemotePlace } from './locations.ts';
import type { Invocation } from './options.ts';
import type { Report } from './report.ts';

export interface CopySetting {
  readonly invocation: Invocation;
  readonly report: Report;
  /** undefined when nothing is shown. */
  readonly meter: ProgressMeter | undefined;
  /** There are several sources: the target is a folder. */
  readonly toFolder: boolean;
}

/** Other hosts as sources of copies to this machine. */
export interface CopySources {
  fetch(from: RemotePlace, target: string): Promise<void>;
  /** When nothing more is to be copied. */
  finish(): Promise<void>;
}

/** Another host as the target of copies; connected to when the first one is made. */
export interface CopyTarget {
  /** A path of this machine. */
  send(path: string): Promise<void>;
  /** A path of a third host, through us. */
  relay(from: RemotePlace): Promise<void>;
  /** When nothing more is to be copied. */
  finish(): Promise<void>;
}
