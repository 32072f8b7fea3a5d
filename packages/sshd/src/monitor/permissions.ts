// What an auth process may ask of its monitor, as a pure machine: phase × call → next state or a refusal, which ends
// the connection. The monitor's answers move the phases on, never the auth process' word.

import type { AuthCallName, Phase } from './calls.ts';
import { authCalls } from './calls.ts';

export interface PermissionState {
  readonly phase: Phase;
  readonly made: ReadonlySet<AuthCallName>;
}

export const initialPermissions: PermissionState = { phase: 'key-exchange', made: new Set() };

/** What the monitor found out by answering a call. */
export type Finding = 'signed' | 'user-looked-up' | 'accepted' | 'handed-over';

const nextPhase: Readonly<Record<Finding, { readonly from: Phase; readonly to: Phase }>> = {
  signed: { from: 'key-exchange', to: 'user-wanted' },
  'user-looked-up': { from: 'user-wanted', to: 'authenticating' },
  accepted: { from: 'authenticating', to: 'authenticated' },
  'handed-over': { from: 'authenticated', to: 'handed-over' },
};

/** The state after the call is begun; undefined when it is not permitted. */
export function permit(state: PermissionState, call: AuthCallName): PermissionState | undefined {
  const row = authCalls[call];
  const phases: readonly Phase[] = row.phases;
  if (!phases.includes(state.phase)) return undefined;
  if (row.once && state.made.has(call)) return undefined;
  return { phase: state.phase, made: new Set(state.made).add(call) };
}

/**
 * The state after a finding of the monitor. @throws Error when the finding does not belong to the phase: our own
 * mistake
 */
export function advance(state: PermissionState, finding: Finding): PermissionState {
  const step = nextPhase[finding];
  if (state.phase !== step.from) throw new Error(`monitor: ${finding} in phase ${state.phase}`);
  return { ...state, phase: step.to };
}
