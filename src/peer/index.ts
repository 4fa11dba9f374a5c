/** Another institution's machine: witness, replica, monitor, validator. */
export { Home } from './home.js';
export { Alarms } from './monitor/alarms.js';
export type { Alarm, AlarmCode, AlarmLog, StandingAlarm } from './monitor/alarms.js';
export { OpeningStore } from './openings/opening-store.js';
export { Peer } from './peer.js';
export type { FollowedLog, PeerDependencies } from './peer.js';
export { LogSource } from './replica/log-source.js';
export type { VerifiedLeaf } from './replica/leaf-rules.js';
export { verifyLogCheckpoint } from './followed-log.js';
export type { LogIdentity, SignedCheckpoint } from './followed-log.js';
export { readSettings } from './settings.js';
export type { GivenLog, GivenSettings, LogSettings, PeerSettings, ValidatorSettings } from './settings.js';
export { createDecisionKey, readDecisionKey } from './validator/signing-key.js';
export type { DecisionKey } from './validator/signing-key.js';
export { createWitnessKey, readWitnessKey } from './witness-key.js';
export type { WitnessKey } from './witness-key.js';
export { Witness } from './witness/witness.js';
export type { WitnessAnswer, WitnessFault, WitnessOptions } from './witness/witness.js';
