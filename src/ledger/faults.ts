/** Places around a commit where tests let a process die or a connection break. */
export const FAULT_POINTS = ['before-commit', 'after-commit', 'after-sign', 'after-pin'] as const;

/** The same around the taking of a snapshot. */
export const SNAPSHOT_FAULT_POINTS = [
  'snapshot-frozen',
  'snapshot-chunk',
  'snapshot-written',
  'snapshot-anchored',
  'snapshot-dropped',
] as const;

/** The same in the rotation of keys. */
export const ROTATION_FAULT_POINTS = ['key-made', 'key-anchored', 'batch-rewrapped', 'key-retired'] as const;

/** Called at each place of a rotation; what it throws happens there. */
export type RotationFaults = (point: (typeof ROTATION_FAULT_POINTS)[number]) => void | Promise<void>;

export type FaultPoint = (typeof FAULT_POINTS)[number] | (typeof SNAPSHOT_FAULT_POINTS)[number];

/** Called at each place; what it throws happens there. In production there is none. */
export type Faults = (point: FaultPoint) => void | Promise<void>;
