// Socket activation (sd_listen_fds(3)): a service manager has opened the listening socket and started this process for
// it. Only one socket is taken.

const firstDescriptor = 3;

/** The socket that was opened for this process; undefined when there is none. */
export function activatedDescriptor(): number | undefined {
  const { LISTEN_PID, LISTEN_FDS } = process.env;
  return LISTEN_PID === `${process.pid}` && LISTEN_FDS === '1' ? firstDescriptor : undefined;
}
