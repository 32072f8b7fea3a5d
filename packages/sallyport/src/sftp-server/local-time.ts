// Times of files in local time: as `ls -l` has them, with the hour when that is less than half a year ago and else
// (older, or to come) with the year; and as the log has them.

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const halfYearMs = (365 * 24 * 3600 * 1000) / 2;

/** Of milliseconds since 1970, in local time. */
export function listingTime(milliseconds: number, now: number = Date.now()): string {
  const time = new Date(milliseconds);
  const day = `${months[time.getMonth()] ?? ''} ${String(time.getDate()).padStart(2)}`;
  const isToCome = Math.floor(milliseconds / 1000) > Math.floor(now / 1000);
  if (now - milliseconds >= halfYearMs || isToCome) return `${day}  ${time.getFullYear()}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** As sftp-server's log has it: `20240131-23:59:58`, in local time. */
export function logTime(seconds: number): string {
  const time = new Date(seconds * 1000);
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${day}-${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
