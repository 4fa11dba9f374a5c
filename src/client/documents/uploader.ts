/** An institution's member that signs what it uploads: from a mutation's input to the same input with `signed`. */
import { v7 as uuidv7 } from 'uuid';
import type { FormFacts } from '../../documents/index.js';
import { type EndorsementDecision, type Problem, VitrineError } from '../../ledger/core/index.js';
import type {
  AmendEncounterInput,
  AmendPatientInput,
  AmendReportInput,
  DenyUploadInput,
  EndorseUploadInput,
  FileReportInput,
  RecordEncounterInput,
  RecordEncountersInput,
  RegisterPatientInput,
} from '../generated/graphql.js';
import type { VersionBase } from './base.js';
import {
  amendedEncounter,
  amendedPatient,
  type NewRecord,
  recordedEncounter,
  registeredPatient,
} from './care.js';
import { signDecision, type UploadFacts } from './decide.js';
import { amendedReportVersion, filedReportVersion } from './report.js';
import { type SignedChange, signVersion, type StatementSigner, type VersionToSign } from './sign.js';

/** The mutations that are signed here, with their inputs. */
export interface SignableInputs {
  recordEncounter: RecordEncounterInput;
  amendEncounter: AmendEncounterInput;
  registerPatient: RegisterPatientInput;
  amendPatient: AmendPatientInput;
  fileReport: FileReportInput;
  amendReport: AmendReportInput;
}

export type SignableName = keyof SignableInputs;

/** Kinds of record whose amendments are signed here. */
export type SignableKind = 'Encounter' | 'Patient' | 'Report';

/** What signing needs to know beside the input. Whoever works without a link keeps it beforehand. */
export interface FactSource {
  /** The form of a code. */
  form(code: string): Promise<FormFacts>;
  /** The version of a record that is amended; make it by `provedBase`, since its values will be signed again. */
  base(kind: SignableKind, id: string, version: number): Promise<VersionBase>;
  /** A request for permission that is decided on; make it by `provedStatements`, since these are what is signed. */
  upload(id: string): Promise<UploadFacts>;
}

export interface UploaderOptions {
  /** Name of the log, as the policy that you trust has it. */
  readonly origin: string;
  /** The member's institution. */
  readonly institution: string;
  readonly signer: StatementSigner;
  /** Needed for reports, amendments and decisions. */
  readonly facts?: FactSource;
  /** How long what is signed may be sent, in milliseconds: 24 hours by default, 31 days at most. */
  readonly life?: number;
  /** For tests. */
  readonly clock?: () => Date;
  readonly random?: (bytes: number) => Uint8Array;
}

/** What signing one change is told of its place. */
interface Place {
  readonly requestId: string;
  readonly part: number;
  readonly issued: Date;
}

/**
 * @example
 * const uploader = new Uploader({ origin: 'vitrine.example/log', institution, signer });
 * const input = await uploader.sign('recordEncounter', { requestId: crypto.randomUUID(), patient, … });
 * await client.request(RecordEncounterDocument, { input });
 */
export class Uploader {
  constructor(private readonly options: UploaderOptions) {}

  /** Tells whether a mutation's input can be signed here. */
  static signs(name: string): name is SignableName {
    return Object.hasOwn(SIGNABLE, name);
  }

  /**
   * The input with its signature (`signed`), ready to be sent, and again until it is answered.
   * @throws VitrineError BAD_USER_INPUT for what the server would refuse, CONFLICT for a form or version that isn't the one
   *   meant, NOT_CONFIGURED when facts are needed and there is no source of them
   */
  async sign<N extends SignableName>(name: N, input: SignableInputs[N]): Promise<SignableInputs[N]> {
    const issued = this.#now();
    const make: Makers[N] = SIGNABLE[name];
    const version = await make(input, { place: () => this.#new(issued), issued, facts: () => this.#facts });
    const { requestId } = input;
    return { ...input, signed: await this.#signed({ requestId, part: 0, issued }, version) };
  }

  /** A batch with the signature of each part. @throws VitrineError BAD_USER_INPUT with every problem of every part */
  async signBatch(input: RecordEncountersInput): Promise<RecordEncountersInput> {
    const issued = this.#now();
    const { requestId } = input;
    const versions = ofEach(input.encounters, (item) => recordedEncounter(item, this.#new(issued)));
    const encounters = input.encounters.map(async (item, part) => {
      const version = versions[part];
      if (version === undefined) throw new VitrineError('INTERNAL', 'a part of the batch is missing');
      return { ...item, signed: await this.#signed({ requestId, part, issued }, version) };
    });
    return { ...input, encounters: await Promise.all(encounters) };
  }

  /**
   * An endorsement with its signature. What the request is of, and who signed its statements, is for whoever decides to look at.
   * @throws VitrineError INTEGRITY_VIOLATION when the request isn't shown as the log holds it, NOT_FOUND, NOT_CONFIGURED
   */
  async endorse(input: EndorseUploadInput): Promise<EndorseUploadInput> {
    return { ...input, endorsement: await this.#decided(input.upload, 'endorse', []) };
  }

  /** A refusal with its signature. @throws VitrineError as `endorse` */
  async deny(input: DenyUploadInput): Promise<DenyUploadInput> {
    return { ...input, endorsement: await this.#decided(input.upload, 'refuse', input.reasons) };
  }

  async #decided(upload: string, decision: EndorsementDecision, reasons: readonly string[]): Promise<string> {
    const { origin, institution, signer } = this.options;
    const facts = await this.#facts.upload(upload);
    const decided = { origin, institution, upload, decision, reasons, time: this.#now() };
    return signDecision({ ...decided, ...facts }, signer);
  }

  #now(): Date {
    return this.options.clock?.() ?? new Date();
  }

  #signed({ requestId, part, issued }: Place, version: VersionToSign): Promise<SignedChange> {
    const { origin, institution, signer, life, random } = this.options;
    const request = { origin, institution, requestId, part, issued, ...(life !== undefined && { life }) };
    return signVersion(version, request, signer, random);
  }

  #new(issued: Date): NewRecord {
    return { id: uuidv7({ msecs: issued.getTime() }), institution: this.options.institution };
  }

  get #facts(): FactSource {
    const { facts } = this.options;
    if (facts !== undefined) return facts;
    throw new VitrineError(
      'NOT_CONFIGURED',
      'signing a report, an amendment or a decision needs a source of facts',
    );
  }
}

/** What is made of each part; the problems of all of them are told together, by their places in the batch. */
function ofEach<T, V>(parts: readonly T[], make: (part: T) => V): V[] {
  const problems: Problem[] = [];
  const made = parts.flatMap((one, part) => {
    try {
      return [make(one)];
    } catch (error) {
      if (!(error instanceof VitrineError) || error.code !== 'BAD_USER_INPUT') throw error;
      for (const { path, message } of error.problems)
        problems.push({ path: ['input', 'encounters', part, ...path.slice(1)], message });
      return [];
    }
  });
  const [first] = problems;
  if (first === undefined) return made;
  throw new VitrineError('BAD_USER_INPUT', first.message, { problems, path: first.path });
}

interface Making {
  readonly place: () => NewRecord;
  readonly issued: Date;
  readonly facts: () => FactSource;
}

/** From each mutation's input to the version that it makes. */
type Makers = {
  readonly [N in SignableName]: (
    input: SignableInputs[N],
    making: Making,
  ) => VersionToSign | Promise<VersionToSign>;
};

const SIGNABLE: Makers = {
  recordEncounter: (input, { place }) => recordedEncounter(input, place()),
  amendEncounter: async (input, { facts }) =>
    amendedEncounter(input, await facts().base('Encounter', input.encounter, input.expectedVersion)),
  registerPatient: (input, { place }) => registeredPatient(input, place()),
  amendPatient: async (input, { facts }) =>
    amendedPatient(input, await facts().base('Patient', input.patient, input.expectedVersion)),
  fileReport: async (input, { place, issued, facts }) =>
    filedReportVersion(input, await facts().form(input.form), place(), issued),
  amendReport: async (input, { facts }) => {
    const base = await facts().base('Report', input.report, input.expectedVersion);
    return amendedReportVersion(input, await facts().form(String(base.values['code'])), base);
  },
};
