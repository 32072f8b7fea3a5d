// What a login is allowed once it is authenticated: made by the monitor from the account, the settings and the key's
// options, carried to the account process as JSON in a frame of the monitor's, which that process trusts.

export interface Grant {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
  readonly method: string;
  readonly peer: { readonly address: string; readonly port: number };
  readonly local: { readonly address: string; readonly port: number };
  /** Runs instead of what the client asks for; `source` is for the log. */
  readonly forcedCommand?: { readonly command: string; readonly source: 'config' | 'key-option' };
  /** `NAME=VALUE` of the key's environment options; PermitUserEnvironment has been applied. */
  readonly environment: readonly string[];
  /** `NAME=VALUE` of SetEnv. */
  readonly setEnvironment: readonly string[];
  /** Patterns of AcceptEnv. */
  readonly acceptEnvironment: readonly string[];
  readonly permitPty: boolean;
  readonly permitLocalForwarding: boolean;
  readonly permitAgentForwarding: boolean;
  /** `host:port` patterns that direct-tcpip may reach: every list must have it. */
  readonly permitOpen: readonly (readonly string[])[];
  /** ExposeAuthInfo: the methods that were passed, for programs to read. */
  readonly passed?: readonly string[];
  readonly maximumSessions: number;
  /** `name` to command line. */
  readonly subsystems: Readonly<Record<string, string>>;
  readonly printMotd: boolean;
  readonly printLastLog: boolean;
  readonly clientAlive: { readonly intervalMs: number; readonly maximumCount: number };
  readonly logLevel: string;
  /** The soft limit of open files for its programs, where that is not ours. */
  readonly openFiles?: number;
}

/** What a key's options in authorized_keys allow and demand. */
export interface KeyGrant {
  readonly forcedCommand?: string;
  readonly environment: readonly string[];
  readonly permitPty: boolean;
  readonly permitPortForwarding: boolean;
  readonly permitAgentForwarding: boolean;
  /** `host:port` patterns; every list must have a target. */
  readonly permitOpen: readonly (readonly string[])[];
  /** Of keys in tokens: somebody must have touched it, and shown who he is (PIN). */
  readonly touchRequired: boolean;
  readonly verifyRequired: boolean;
}

/** What a login without key options may do. */
export const unrestricted: KeyGrant = {
  environment: [],
  permitPty: true,
  permitPortForwarding: true,
  permitAgentForwarding: true,
  permitOpen: [],
  touchRequired: true,
  verifyRequired: false,
};

/** What holds when two methods were needed: the stricter of each. undefined when they force different commands. */
export function strictest(one: KeyGrant, other: KeyGrant): KeyGrant | undefined {
  const [forcedCommand, second] = [one, other].flatMap((grant) => grant.forcedCommand ?? []);
  if (second !== undefined && second !== forcedCommand) return undefined;
  return {
    ...(forcedCommand === undefined ? {} : { forcedCommand }),
    environment: [...one.environment, ...other.environment],
    permitPty: one.permitPty && other.permitPty,
    permitPortForwarding: one.permitPortForwarding && other.permitPortForwarding,
    permitAgentForwarding: one.permitAgentForwarding && other.permitAgentForwarding,
    permitOpen: [...one.permitOpen, ...other.permitOpen],
    touchRequired: one.touchRequired || other.touchRequired,
    verifyRequired: one.verifyRequired || other.verifyRequired,
  };
}

/** A key that an account's files allow, with where it was found. */
export interface AllowedKey {
  readonly grant: KeyGrant;
  readonly place: string;
}
