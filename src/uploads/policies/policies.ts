/**
 * Which requirements hold for a change, decided on verified records: a policy by its own record, that there is none by
 * the log itself. Both are conditions of the change's entry, so that a policy which is made or replaced meanwhile is
 * noticed under the head lock.
 */
import { namedIn } from './named.js';
import type { FactReader } from './named.js';
import { defaultRequirement, POLICY_CHANGE } from './defaults.js';
import { policyIdOf, policyKind, requirementFrom } from './policy.kind.js';
import type { Requirement } from './requirement.js';

/** Where policies are read. */
export interface PolicyDependencies extends FactReader {
  readonly trusted: { hasSubject(kind: string, id: string): boolean };
  readonly clock: () => Date;
}

/** What must be met, and what that rests on. */
export interface Required {
  /** All of them must be met. */
  readonly requirements: readonly Requirement[];
  /** Entries that join the `authority` of the change's. */
  readonly authority: readonly bigint[];
  /** Records that must not exist when it is committed: policies in the place of which a default stands. */
  readonly absent: readonly { readonly kind: string; readonly id: string }[];
}

/** A change as policies look at it. */
export interface Situated {
  readonly op: string;
  readonly situation?: string;
  readonly besides?: readonly string[];
}

/** How long the change of a policy waits that can't be met any more and so has no say in it. */
const LAPSED_WAIT_SECONDS = 7 * 86_400;

interface Default {
  readonly id: string;
  readonly required: Required;
}

export class Policies {
  readonly #deps: PolicyDependencies;
  /** By situation, of which there are few. */
  readonly #defaults = new Map<string, Default>();

  constructor(deps: PolicyDependencies) {
    this.#deps = deps;
  }

  /** What holds in a situation. @throws VitrineError INTEGRITY_VIOLATION when its policy doesn't verify */
  async requirementsOf(situation: string): Promise<readonly Requirement[]> {
    return (await this.#inForce(situation)).requirements;
  }

  /**
   * What must be met for a change to be loaded. From memory, but for the first reading of a policy's version.
   * @throws VitrineError INTEGRITY_VIOLATION when a policy doesn't verify
   */
  async requiredFor({ op, situation = op, besides = [] }: Situated): Promise<Required> {
    const own = await this.#inForce(situation);
    const others = besides.filter((other) => other !== situation);
    if (others.length === 0) return own;
    const replaces = op === POLICY_CHANGE;
    const all = [own];
    for (const other of others) all.push(replaces ? await this.#replaced(other) : await this.#inForce(other));
    return {
      requirements: all.flatMap((one) => one.requirements),
      authority: all.flatMap((one) => one.authority),
      absent: all.flatMap((one) => one.absent),
    };
  }

  async #inForce(situation: string): Promise<Required> {
    const { id, required } = this.#defaultOf(situation);
    if (!this.#deps.trusted.hasSubject(policyKind.name, id)) return required;
    const policy = await this.#deps.fact(policyKind, id);
    // Absent to a reader that has not come so far: the commit will see it.
    if (policy === null) return required;
    const { index } = policy.anchor;
    return { requirements: [requirementFrom(policy.values, index)], authority: [index], absent: [] };
  }

  /**
   * What a policy asks of its own change. One that nobody can meet any more, by records that the log has, asks for time
   * alone: those who change policies decide, and everyone has a week to see it.
   */
  async #replaced(situation: string): Promise<Required> {
    const required = await this.#inForce(situation);
    const authority = [...required.authority];
    const requirements: Requirement[] = [];
    for (const requirement of required.requirements) {
      const named = await namedIn(this.#deps, requirement, this.#deps.clock());
      if (named.able >= requirement.count) requirements.push(requirement);
      else {
        authority.push(...named.authority);
        requirements.push(lapsed(requirement));
      }
    }
    return { ...required, requirements, authority };
  }

  #defaultOf(situation: string): Default {
    const known = this.#defaults.get(situation);
    if (known !== undefined) return known;
    const id = policyIdOf(situation);
    const requirements = [defaultRequirement(situation)];
    const made = { id, required: { requirements, authority: [], absent: [{ kind: policyKind.name, id }] } };
    this.#defaults.set(situation, made);
    return made;
  }
}

function lapsed({ situation, policy }: Requirement): Requirement {
  return { ...defaultRequirement(situation), ...AUTOMATIC_TERMS, waitSeconds: LAPSED_WAIT_SECONDS, policy };
}

const AUTOMATIC_TERMS = {
  rule: 'AUTOMATIC',
  role: null,
  institutions: [],
  person: null,
  count: 0,
  ownCounts: false,
} as const;
