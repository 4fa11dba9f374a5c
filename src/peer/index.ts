/** Another institution's machine: witness, replica, monitor. */
export { Home } from './home.js';
export { Alarms } from './monitor/alarms.js';
export type { Alarm, AlarmCode, AlarmLog, StandingAlarm } from './monitor/alarms.js';
export { Peer } from './peer.js';
export type { FollowedLog, PeerDependencies } from './peer.js';
export type { VerifiedLeaf } from './replica/leaf-rules.js';
export { readSettings } from './settings.js';
export type { GivenLog, GivenSettings, LogSettings, PeerSettings } from './settings.js';
export { createWitnessKey, readWitnessKey } from './witness-key.js';
export type { WitnessKey } from './witness-key.js';
export { Witness } from './witness/witness.js';
export type { WitnessAnswer, WitnessFault, WitnessOptions } from './witness/witness.js';
