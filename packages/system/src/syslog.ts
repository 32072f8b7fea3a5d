// The system's log through its datagram socket (RFC 3164, as syslog(3) writes it). Neither runtime has unix datagram
// sockets. The socket is opened at once, so that it goes on working in a chroot.

import type { LogLevel } from '@sallyport/protocol/log/log';
import { closeDescriptor } from './descriptors.ts';
import { call, check, lastErrno } from './libc.ts';
import { encodeUnixAddress, families } from './socket-address.ts';
import { errorNumber } from './system-error.ts';

export const facilities = {
  KERN: 0,
  USER: 1,
  DAEMON: 3,
  AUTH: 4,
  AUTHPRIV: 10,
  LOCAL0: 16,
  LOCAL1: 17,
  LOCAL2: 18,
  LOCAL3: 19,
  LOCAL4: 20,
  LOCAL5: 21,
  LOCAL6: 22,
  LOCAL7: 23,
} as const;

export const severities = { critical: 2, error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;

/** What a level of ours is there. */
export const severityOf: Readonly<Record<LogLevel, keyof typeof severities>> = {
  fatal: 'critical',
  error: 'error',
  info: 'info',
  verbose: 'info',
  debug1: 'debug',
  debug2: 'debug',
  debug3: 'debug',
};

export interface SyslogOptions {
  /** The program's name before the colon. */
  readonly ident: string;
  readonly facility: keyof typeof facilities;
  /** The socket; /dev/log unless told. */
  readonly path?: string;
}

const datagram = 2 | 0o2000000;
const sendFlags = 0x4000 | 0x40;
const reconnectOn: ReadonlySet<number> = new Set(
  (['ECONNREFUSED', 'ENOTCONN', 'ECONNRESET'] as const).map(errorNumber),
);

export class Syslog {
  private readonly options: SyslogOptions;
  private readonly address: Buffer;
  private fd: number;

  constructor(options: SyslogOptions) {
    this.options = options;
    this.address = encodeUnixAddress(options.path ?? '/dev/log');
    this.fd = this.connect();
  }

  /** Whether the log took the message; when it is full or not there, the message is lost rather than waited for. */
  write(severity: keyof typeof severities, message: string, now: Date = new Date()): boolean {
    const priority = facilities[this.options.facility] * 8 + severities[severity];
    const line = Buffer.from(
      `<${priority}>${timestamp(now)} ${this.options.ident}[${process.pid}]: ${message}`,
      'utf8',
    );
    if (this.send(line)) return true;
    if (!reconnectOn.has(lastErrno())) return false;
    closeDescriptor(this.fd);
    this.fd = this.connect();
    return this.send(line);
  }

  close(): void {
    closeDescriptor(this.fd);
  }

  private send(line: Buffer): boolean {
    return call('send', this.fd, line, line.length, sendFlags) === line.length;
  }

  /** Connecting may fail now and succeed when the log is there. */
  private connect(): number {
    const fd = check('socket', families.unix, datagram, 0);
    call('connect', fd, this.address, this.address.length);
    return fd;
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 3164 section 4.1.2, in local time: `Nov  3 04:05:06`. */
function timestamp(now: Date): string {
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => String(part).padStart(2, '0'));
  return `${months[now.getMonth()] ?? ''} ${String(now.getDate()).padStart(2)} ${time.join(':')}`;
}
