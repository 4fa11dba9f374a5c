/** GraphQL types of entries: the public half, and the opening for whom the matrix lets read it. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import {
  Base64Scalar,
  BigIntScalar,
  Classified,
  connection,
  DateTimeScalar,
  HashScalar,
  JsonScalar,
  registerEnum,
  RELATED,
  type HasRelations,
  type Related,
} from '../api/index.js';
import type { Opening, Subject, ThreadPlace } from '../ledger/core/index.js';
import type { VerifiedEntry } from '../ledger/index.js';
import { summaryOf } from './summary.js';

export const SignatureModeEnum = { OWN: 'OWN', DELEGATED: 'DELEGATED', SERVICE: 'SERVICE' } as const;

const MODES = { own: 'OWN', delegated: 'DELEGATED', service: 'SERVICE' } as const;

registerEnum(SignatureModeEnum, {
  name: 'SignatureMode',
  description: 'Whose key signed an entry.',
  values: {
    OWN: 'The member’s own registered key.',
    DELEGATED: 'The institution’s key, which the deployment holds for its interactive members.',
    SERVICE: 'The deployment’s own key, for operations of the system.',
  },
});

@ObjectType('Subject', { description: 'The record version that an entry is about.' })
export class SubjectObject implements Subject {
  @Classified('STRUCTURE')
  @Field(() => String, { description: 'Kind of the record, for example `Report`.' })
  readonly kind: string;

  @Classified('STRUCTURE')
  @Field(() => ID, { description: 'Its id.' })
  readonly id: string;

  @Classified('STRUCTURE')
  @Field(() => Int, { description: 'The version that the entry made.' })
  readonly version: number;

  constructor(subject: Subject) {
    this.kind = subject.kind;
    this.id = subject.id;
    this.version = subject.version;
  }
}

@ObjectType('ThreadPosition', {
  description:
    'A place in the gap-free sequence of entries about one patient, institution, report, programme or subsidy.',
})
export class ThreadPositionObject implements ThreadPlace {
  @Classified('STRUCTURE')
  @Field(() => ID, { description: 'Id of what the thread is about.' })
  readonly id: string;

  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, { description: 'Place on the thread, from 1 without gaps.' })
  readonly seq: bigint;

  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Index of the thread’s entry before; null at the first.',
  })
  readonly prev: bigint | null;

  constructor(place: ThreadPlace) {
    this.id = place.id;
    this.seq = place.seq;
    this.prev = place.prev;
  }
}

@ObjectType('Opening', {
  description:
    'The private half of an entry: what was done, by whom, to what. The leaf holds its salted hash.',
})
export class OpeningObject implements HasRelations {
  readonly [RELATED]: Related;

  readonly parts: Opening;

  /** @param related what the caller is to the record that the entry is about, and who wrote the entry */
  constructor(
    private readonly entry: Pick<VerifiedEntry, 'opening' | 'openingBytes' | 'salt'>,
    related: Related,
  ) {
    this.parts = entry.opening;
    this[RELATED] = related;
  }

  @Classified('LEDGER')
  @Field(() => Base64Scalar, {
    nullable: true,
    description:
      'The opening’s bytes, canonical JSON (RFC 8785). With `salt` they hash to the leaf’s `link`.',
  })
  get bytes(): Uint8Array {
    return this.entry.openingBytes;
  }

  @Classified('LEDGER')
  @Field(() => Base64Scalar, { nullable: true, description: 'The 16 bytes that salt the leaf’s `link`.' })
  get salt(): Uint8Array {
    return this.entry.salt;
  }

  @Classified('LEDGER')
  @Field(() => String, { nullable: true, description: 'The operation, `<kind>.<verb>`: `report.file`.' })
  get op(): string {
    return this.parts.op;
  }

  @Classified('LEDGER')
  @Field(() => SubjectObject, { nullable: true, description: 'What it was done to.' })
  get subject(): SubjectObject {
    return new SubjectObject(this.parts.subject);
  }

  @Classified('LEDGER')
  @Field(() => [ThreadPositionObject], { nullable: true, description: 'The entry’s places on threads.' })
  get threads(): ThreadPositionObject[] {
    return this.parts.threads.map((place) => new ThreadPositionObject(place));
  }

  @Classified('LEDGER')
  @Field(() => ID, { nullable: true, description: 'The client’s id of the request.' })
  get request(): string {
    return this.parts.request;
  }

  @Classified('LEDGER')
  @Field(() => Int, { nullable: true, description: 'Place within the request, from 0.' })
  get part(): number {
    return this.parts.part;
  }

  @Classified('LEDGER')
  @Field(() => SignatureModeEnum, { nullable: true, description: 'Whose key signed.' })
  get mode(): keyof typeof SignatureModeEnum {
    return MODES[this.parts.by.mode];
  }

  @Classified('LEDGER')
  @Field(() => String, {
    nullable: true,
    description: 'RFC 7638 thumbprint of the key that signed, base64url.',
  })
  get key(): string {
    return this.parts.by.key;
  }

  @Classified('LEDGER')
  @Field(() => String, {
    nullable: true,
    description: 'Compact JWS (RFC 7515) over the statement of what was done.',
  })
  get signature(): string {
    return this.parts.signature;
  }

  @Classified('LEDGER')
  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Small facts of the operation, for example the entries relied on; null for none.',
  })
  get detail(): unknown {
    return this.parts.detail;
  }

  @Classified('LEDGER')
  @Field(() => String, {
    nullable: true,
    description:
      'What the deployment did to its own keys, in a sentence, for operations that begin with `log.`; null for others.',
  })
  get summary(): string | null {
    return summaryOf(this.parts);
  }
}

@ObjectType('Entry', {
  description: 'The log’s line for one mutation: a Merkle leaf. Its public half says nothing about anyone.',
})
export class EntryObject {
  /** @param entry verified against the trusted log */
  constructor(readonly entry: VerifiedEntry) {}

  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'Position on the log, from 0 without gaps.' })
  get index(): bigint {
    return this.entry.index;
  }

  @Classified('LOG')
  @Field(() => DateTimeScalar, { description: 'When it was committed: its block’s time.' })
  get time(): string {
    return this.entry.leaf.time;
  }

  @Classified('LOG')
  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Index of the entry whose record version this one replaces; null for a first version.',
  })
  get supersedes(): bigint | null {
    return this.entry.leaf.supersedes;
  }

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'RFC 6962 hash of the leaf: SHA-256(0x00 ‖ leaf).' })
  get leafHash(): Uint8Array {
    return this.entry.leafHash;
  }

  @Classified('LOG')
  @Field(() => Base64Scalar, { description: 'The leaf’s bytes, canonical JSON (RFC 8785).' })
  get leaf(): Uint8Array {
    return this.entry.leafBytes;
  }
}

export const EntryConnection = connection<EntryObject>('Entry', () => EntryObject);
