/** The whole schema: every domain's resolvers in one, as a subgraph, behind the shield. */
import 'reflect-metadata';
import { lexicographicSortSchema, printSchema } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import type { NonEmptyArray } from 'type-graphql';
import { shieldSchema } from '../access/index.js';
import type { RequestContext } from '../api/index.js';
import {
  AccessDownloadResolver,
  AccessProofResolver,
  AnchorResolver,
  BatchReceiptResolver,
  BlockFieldsResolver,
  BlockResolver,
  CheckpointFieldsResolver,
  EntryResolver,
  InclusionTextResolver,
  OpeningResolver,
  PayloadReceiptResolver,
  ProofResolver,
  ReceiptProofResolver,
  ReceiptResolver,
  RecordLogResolver,
} from '../audit/index.js';
import {
  EncounterResolver,
  EnrolmentResolver,
  LinkedPatientResolver,
  PatientLinkResolver,
  PatientResolver,
  retractResolver,
} from '../clinical/index.js';
import { ErasedResolver, ErasureResolver, HoldResolver } from '../erasure/index.js';
import {
  InstitutionSubsidiesResolver,
  ProgrammeResolver,
  SubsidyFieldsResolver,
  SubsidyResolver,
} from '../finance/index.js';
import { CustodianResolver, InstitutionResolver, MemberResolver, TrustResolver } from '../registry/index.js';
import { FormResolver, InstitutionReportsResolver, ReportResolver, retraction } from '../reporting/index.js';
import { guardMutations, policyResolver, UploadRequestResolver } from '../uploads/index.js';
import {
  AccessAlertResolver,
  AccessPolicyResolver,
  AccessResolver,
  ActsForResolver,
  BudgetResolver,
  ConsentResolver,
  CustodyResolver,
  ExplainResolver,
  PatientAccessResolver,
  PatientConsentsResolver,
  ReferralResolver,
  ViewResolver,
} from '../viewing/index.js';
import { NodeResolver } from './node.js';
import { fetchRecord, KINDS, OPERATIONS, REFERENCES } from './records.js';
import { printSubgraph, toSubgraph } from './subgraph.js';

const RetractResolver = retractResolver({
  REPORT: {
    description: 'A report of an institution.',
    change: retraction,
    load: (context, id) => fetchRecord(context, 'Report', id),
  },
});

const PolicyResolver = policyResolver(OPERATIONS);

type ResolverClass = NonEmptyArray<abstract new (...args: never[]) => unknown>[0];

/** Every resolver of the deployment. A test holds the list and what the domains export equal. */
export const RESOLVERS: NonEmptyArray<ResolverClass> = [
  InstitutionResolver,
  MemberResolver,
  CustodianResolver,
  TrustResolver,
  PolicyResolver,
  PatientResolver,
  EncounterResolver,
  EnrolmentResolver,
  PatientLinkResolver,
  LinkedPatientResolver,
  RetractResolver,
  FormResolver,
  ReportResolver,
  InstitutionReportsResolver,
  ProgrammeResolver,
  SubsidyResolver,
  SubsidyFieldsResolver,
  InstitutionSubsidiesResolver,
  HoldResolver,
  ErasureResolver,
  ErasedResolver,
  AccessPolicyResolver,
  AccessAlertResolver,
  ExplainResolver,
  ConsentResolver,
  PatientConsentsResolver,
  ActsForResolver,
  CustodyResolver,
  ViewResolver,
  AccessResolver,
  PatientAccessResolver,
  ReferralResolver,
  BudgetResolver,
  EntryResolver,
  OpeningResolver,
  BlockResolver,
  BlockFieldsResolver,
  CheckpointFieldsResolver,
  ProofResolver,
  InclusionTextResolver,
  AnchorResolver,
  ReceiptResolver,
  ReceiptProofResolver,
  RecordLogResolver,
  AccessProofResolver,
  AccessDownloadResolver,
  PayloadReceiptResolver,
  BatchReceiptResolver,
  UploadRequestResolver,
  NodeResolver,
];

/** type-graphql wants one where there are subscriptions; ours bring their own source and never use it. */
const NO_PUBSUB = {
  publish: (): never => {
    throw new Error('nothing is published: subscriptions read the log');
  },
  subscribe: (): never => {
    throw new Error('nothing is published: subscriptions read the log');
  },
};

/** What the documentation of the root types opens with. type-graphql has no place for it. */
const ROOTS = {
  Query:
    'What can be asked. Every record is checked against the log before it is answered; a field that is not for the caller is null with FORBIDDEN or VIEW_ONLY (schema/access.md).',
  Mutation:
    'What can be changed. Each needs a `requestId` of the client’s, writes one entry or more to the log, and answers with a receipt. What is refused writes nothing (schema/errors.md).',
  Subscription: 'What can be followed, over WebSocket (graphql-transport-ws) at the same address.',
};

let built: GraphQLSchema | undefined;

/** The domains' schema: bare, neither a subgraph nor shielded. Don't serve it. */
export function bareSchema(): GraphQLSchema {
  // type-graphql keeps its declarations in one place for the process, so building twice gains nothing.
  if (built) return built;
  const schema = buildSchemaSync({ resolvers: RESOLVERS, validate: false, pubSub: NO_PUBSUB });
  for (const [name, description] of Object.entries(ROOTS)) {
    const type = schema.getType(name);
    if (type) type.description = description;
  }
  built = schema;
  return built;
}

/**
 * The schema to serve: a Federation 2 subgraph with the shield in front of every field, and the guard in front of every
 * mutation.
 *
 * @throws Error naming every field without a class, or a mutation that no operation declares.
 */
export function servedSchema(): GraphQLSchema {
  const subgraph = toSubgraph<RequestContext>(bareSchema(), REFERENCES);
  const shielded = shieldSchema(subgraph, { existenceOf: (kind) => KINDS.require(kind).existence });
  return guardMutations(shielded, OPERATIONS);
}

/** What is written to `schema/`: the contract as clients see it, and as a gateway composes it. */
export function emittedSchemas(): Readonly<Record<'vitrine.graphql' | 'subgraphs/vitrine.graphql', string>> {
  const sorted = lexicographicSortSchema(bareSchema());
  return {
    'vitrine.graphql': `${printSchema(sorted)}\n`,
    'subgraphs/vitrine.graphql': printSubgraph(sorted, new Set(REFERENCES.keys())),
  };
}
