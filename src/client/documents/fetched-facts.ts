/** Facts for signing, fetched from the server and proved before they are used. */
import type { FormFacts } from '../../documents/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { VitrineClient } from '../client.js';
import {
  FormDocument,
  ProvedEncounterDocument,
  ProvedPatientDocument,
  ProvedReportDocument,
  ProvedUploadDocument,
} from '../generated/graphql.js';
import type { PolicySource } from '../verify.js';
import { provedBase, type Unshown, type VersionBase } from './base.js';
import { provedStatements, type UploadFacts } from './decide.js';
import type { FactSource, SignableKind } from './uploader.js';

export interface FetchedFactsOptions {
  readonly client: VitrineClient;
  /** The keys by which what is amended or decided on must be proved. Needed for amendments and decisions. */
  readonly policy?: PolicySource;
  /** The label that a record was given, which the API doesn't tell; by default none has one. */
  readonly labelOf?: (kind: SignableKind, id: string) => string | null;
}

/** Fetches forms and versions one by one, when they are needed. */
export class FetchedFacts implements FactSource {
  constructor(private readonly options: FetchedFactsOptions) {}

  async form(code: string): Promise<FormFacts> {
    const { form } = await this.options.client.request(FormDocument, { code });
    if (form === null)
      throw new VitrineError('NOT_FOUND', 'no form has this code', { path: ['input', 'form'] });
    const { id, version, period, indicators, validFrom, dueDays } = form;
    return { id, version, code: form.code, period, indicators, validFrom, dueDays };
  }

  async base(kind: SignableKind, id: string, version: number): Promise<VersionBase> {
    const { policy } = this.options;
    if (policy === undefined)
      throw new VitrineError(
        'NOT_CONFIGURED',
        'signing an amendment needs a policy: the keys that prove its base',
      );
    const found = await this.#fetch(kind, id);
    const bundle = found?.proof?.bundle;
    if (found === null || bundle === undefined)
      throw new VitrineError('NOT_FOUND', `no ${kind} with all its fields is shown under this id`);
    const label = this.options.labelOf?.(kind, id) ?? null;
    const base = provedBase(bundle, policy, (values): Unshown => {
      const patient = kind === 'Patient' ? id : kind === 'Encounter' ? String(values['patient']) : null;
      return { patient, label, retention: found.retainUntil };
    });
    if (base.head.kind === kind && base.head.id === id && base.head.version === version) return base;
    throw new VitrineError('CONFLICT', `expected version ${version} of the ${kind}, got another`, {
      path: ['input', 'expectedVersion'],
    });
  }

  async upload(id: string): Promise<UploadFacts> {
    const { client, policy } = this.options;
    if (policy === undefined)
      throw new VitrineError(
        'NOT_CONFIGURED',
        'signing a decision needs a policy: the keys that prove what it is about',
      );
    const { me, uploadRequest } = await client.request(ProvedUploadDocument, { id });
    const bundle = uploadRequest?.proof?.bundle;
    const path = ['input', 'upload'];
    if (bundle === undefined) throw new VitrineError('NOT_FOUND', 'no UploadRequest has this id', { path });
    if (me?.member == null) throw new VitrineError('UNAUTHENTICATED', 'the token is of no member');
    return { member: me.member.id, statements: provedStatements(bundle, policy, id) };
  }

  async #fetch(kind: SignableKind, id: string) {
    const { client } = this.options;
    if (kind === 'Encounter') return (await client.request(ProvedEncounterDocument, { id })).encounter;
    if (kind === 'Patient') return (await client.request(ProvedPatientDocument, { id })).patient;
    return (await client.request(ProvedReportDocument, { id })).report;
  }
}
