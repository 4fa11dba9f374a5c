/** The one way in as it was before policies, requests for permission, rates and denials: rules, seal, commit. The baseline. */
import type { RequestContext, Submit } from '../../src/api/index.js';
import { nativeHash, systemRandom } from '../../src/ledger/index.js';
import { canonical } from '../../src/ledger/core/index.js';
import { OPERATIONS } from '../../src/federation/index.js';
import type { OpenSystem } from '../../src/server/index.js';
import { type AnyChange, makingOf, requireSignedIn } from '../../src/uploads/index.js';
import { Preparer } from '../../src/uploads/prepare.js';
import { NOTHING } from '../../src/uploads/requests/required.js';

const clock = () => new Date();

/** A context whose changes go in without what asking for permission added. */
export function bare({ ledger }: OpenSystem, ctx: RequestContext): RequestContext {
  const caller = requireSignedIn(ctx.caller);
  const deps = { ledger, random: systemRandom, hash: nativeHash, clock, operations: OPERATIONS };
  const preparer = new Preparer(deps, ctx.records);
  const submit: Submit['submit'] = async ({ requestId, input }, build) => {
    const inputHash = ledger.keys.inputMac(canonical(input));
    await ledger.find(caller.institution, caller.id, requestId);
    const changes = (await build(makingOf([], clock))) as readonly AnyChange[];
    const terms = { inputHash, signed: null, sealing: null, upload: null, required: NOTHING };
    const prepare = (change: AnyChange, part: number) =>
      preparer.prepare(change, caller, { ...terms, part, request: { requestId, input } });
    const group = await Promise.all(changes.map(prepare));
    const positions = await ledger.append(group);
    ctx.records.forget();
    return group.flatMap(({ request, part, subject }, place) => {
      const { index, block } = positions[place] ?? {};
      if (index === undefined || block === undefined) throw new Error('expected a place of each entry');
      return [{ request, part, index, block, ...subject, repeated: false }];
    });
  };
  const uploads: Submit = { ...ctx.uploads, submit, denied: () => Promise.resolve() };
  return { ...ctx, uploads };
}
