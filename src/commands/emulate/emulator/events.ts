import type { Attempt, Delivery } from '../../../relyable/delivery.ts';

/** What happens in the emulator, for its display. */
export type EmulatorEvent =
  | { readonly type: 'attempt'; readonly delivery: Delivery; readonly attempt: Attempt }
  /** A delivery was given up; Relyable would send an e-mail now. */
  | { readonly type: 'notice'; readonly delivery: Delivery }
  | { readonly type: 'warning'; readonly message: string };
