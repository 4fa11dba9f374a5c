/** Members with keys of their own, and statements by them that are in part what nobody would sign. */
import { randomBytes } from 'node:crypto';
import { compactJws, signatureInput, statementBytes, thumbprint } from '../../src/ledger/core/index.js';
import { idAt, newSigner } from '../support/own-key.js';
import type { TestVitrine } from '../support/vitrine.js';
import { type Draw, drawnUuid } from './draw.js';
import type { SecretWorld } from './secrets.js';

const ROLES = ['CLINICIAN', 'REGISTRAR', 'REPORTER'] as const;
const DAY = 86_400_000;
const OPS = [
  ['encounter.record', 'Encounter'],
  ['encounter.amend', 'Encounter'],
  ['patient.register', 'Patient'],
  ['report.file', 'Report'],
  ['report.amend', 'Report'],
  ['policy.change', 'Policy'],
  ['record.erase', 'Erasure'],
  ['no.such', 'Encounter'],
] as const;

interface Signer {
  readonly id: string;
  readonly institution: string;
  readonly key: ReturnType<typeof newSigner>;
}

/** Enrols one of each role at City Hospital; by subject. */
export async function enrolSigners(
  vitrine: TestVitrine,
  world: SecretWorld,
): Promise<ReadonlyMap<string, Signer>> {
  const signers = new Map<string, Signer>();
  const institution = world.places['city'] ?? '';
  for (const role of ROLES) {
    const key = newSigner();
    const subject = `signer.${role.toLowerCase()}`;
    const publicKey = Buffer.from(key.publicKey).toString('base64');
    const input = { institution, subject, name: subject, roles: [role], publicKey };
    const { data, text } = await vitrine.mutate<{ enrolMember: { member: { id: string } } }>(
      'regulator.one',
      'enrolMember',
      input,
      'member { id }',
    );
    if (data === null) throw new Error(text);
    const { id } = data.enrolMember.member;
    world.learn('Member', id);
    signers.set(subject, { id, institution, key });
  }
  return signers;
}

/** A statement that verifies; what it says is drawn. */
export async function randomStatement(
  { key, institution }: Signer,
  { draw, world, request, part }: { draw: Draw; world: SecretWorld; request: string; part: number },
): Promise<string> {
  const seldom = (): boolean => draw.nat(6) === 0;
  const [op, kind] = draw.one(OPS);
  const issued = new Date(Date.now() - (seldom() ? draw.nat(40) * DAY : 0));
  const version = draw.one([1, 1, 1, 2, 2, Number.MAX_SAFE_INTEGER]);
  const ids = world.ids.get(kind) ?? [...world.ids.values()].flat();
  const hash = (): Uint8Array => randomBytes(32);
  const payload = statementBytes({
    origin: seldom() ? 'other.test/log' : 'vitrine.test/log',
    op,
    subject: {
      kind: seldom() ? 'Patient' : kind,
      id: version === 1 && !seldom() ? idAt(issued) : draw.one(ids),
      version,
    },
    supersedes: version === 1 && !seldom() ? null : hash(),
    content: seldom() ? null : hash(),
    fields: seldom() ? null : hash(),
    detail: seldom() ? hash() : null,
    institution: seldom() ? draw.one([null, drawnUuid(draw)]) : institution,
    issued: issued.toISOString(),
    expires: new Date(issued.getTime() + (seldom() ? 32 * DAY : DAY)).toISOString(),
    request: seldom() ? drawnUuid(draw) : request,
    part: seldom() ? draw.nat(300) : part,
  });
  const kid = thumbprint(key.publicKey);
  return compactJws(kid, payload, await key.sign(signatureInput(kid, payload)));
}
