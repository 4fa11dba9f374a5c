/** Keeping a vendor's trusted documents, and looking at them. */
import { parse, validate, GraphQLError, type DocumentNode, type GraphQLSchema } from 'graphql';
import { loadVisible, requireVersion, requireVisible } from '../../access/index.js';
import { badInput, parseInput, type AcceptedPort, type RequestContext } from '../../api/index.js';
import { firstHead } from '../../documents/index.js';
import { VitrineError, type Problem } from '../../ledger/core/index.js';
import type { Loaded } from '../../records/index.js';
import {
  documentHash,
  memberKind,
  normalDocument,
  trustIdOf,
  trustKind,
  trustValues,
} from '../../standing/index.js';
import type { TrustValues } from '../../standing/index.js';
import { amendment, creation, requireMay, submitOne } from '../../uploads/index.js';
import { BY_INSTITUTION, BY_STATE, TRUST_DOCUMENTS } from '../operations.js';
import type { TrustDocumentsInput, TrustedDocumentInput } from './trust.input.js';

/**
 * Replaces the list of a vendor's member.
 * @param schema that the documents must be valid in
 * @throws VitrineError BAD_USER_INPUT with every bad document, NOT_FOUND, FORBIDDEN, CONFLICT
 */
export function trustDocuments(
  ctx: RequestContext,
  schema: GraphQLSchema,
  input: TrustDocumentsInput,
): Promise<AcceptedPort> {
  return submitOne(ctx, 'trustDocuments', input, async (caller) => {
    const path = ['input', 'member'];
    const member = await requireVisible(ctx, memberKind, input.member, path);
    const operation = { ...TRUST_DOCUMENTS, permission: caller.state ? BY_STATE : BY_INSTITUTION };
    requireMay(caller, operation, member.relations);
    if (!member.values.roles.includes('VENDOR'))
      throw new VitrineError('BAD_USER_INPUT', 'expected a member with the role VENDOR', { path });
    const values = parseInput(trustValues, {
      ...input,
      enforced: input.enforced ?? true,
      documents: normalised(schema, input.documents),
    });
    const base = await ctx.records.load(trustKind, trustIdOf(input.member));
    requireSeen(base, input.expectedVersion ?? null);
    // A member that is given other roles meanwhile would make the list mean another thing.
    const terms = { ...operation, reliesOn: [member] };
    if (base !== null) return amendment(trustKind, base, values, terms);
    const head = firstHead(trustKind, trustIdOf(input.member), { custodian: member.head.custodian });
    return creation(trustKind, head, values, terms);
  });
}

/** The list of a member; null when there is none, or not for the caller. */
export function findTrust(ctx: RequestContext, member: string): Promise<Loaded<TrustValues> | null> {
  return loadVisible(ctx, trustKind, trustIdOf(member));
}

function requireSeen(base: Loaded<TrustValues> | null, expected: number | null): void {
  if (base !== null) return requireVersion(base, expected);
  if (expected === null || expected === 0) return;
  throw new VitrineError('CONFLICT', `expected version ${expected}, there is no list yet`, {
    path: ['input', 'expectedVersion'],
  });
}

/** @throws VitrineError BAD_USER_INPUT with every document that can't run, or stands there twice */
function normalised(schema: GraphQLSchema, documents: readonly TrustedDocumentInput[]) {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const taken = documents.map(({ name, text }, place) => {
    const found = problemsOf(schema, text);
    const at = (message: string) => problems.push({ path: ['input', 'documents', place, 'text'], message });
    found.forEach(at);
    if (found.length > 0) return { name, text };
    const hash = documentHash(text);
    if (seen.has(hash)) at('expected each document once');
    seen.add(hash);
    return { name, text: normalDocument(text) };
  });
  if (problems.length > 0) throw badInput(problems);
  return taken;
}

function problemsOf(schema: GraphQLSchema, text: string): readonly string[] {
  let document: DocumentNode;
  try {
    document = parse(normalDocument(text));
  } catch (error) {
    if (error instanceof GraphQLError || error instanceof VitrineError) return [error.message];
    throw error;
  }
  return validate(schema, document).map(({ message }) => message);
}
