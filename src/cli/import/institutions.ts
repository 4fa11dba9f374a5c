/** The institutions of an import: found by identifier or registered by the ministry, each with a registrar's client. */
import { ClientError, EnrolMemberDocument, InstitutionsDocument, MeDocument } from '../../client/index.js';
import { RegisterInstitutionDocument } from '../../client/index.js';
import type { VitrineClient } from '../../client/index.js';
import type { IdentifierValue, OrganisationValues, Provider } from '../../fhir/index.js';
import { hex, sha256, utf8 } from '../../ledger/core/index.js';
import { identifierText } from './options.js';
import type { ImportOptions } from './options.js';
import { Refusal, refusalOf } from './refusal.js';
import { asJson, requestIdOf } from './request-id.js';
import type { SignIn } from './sign-in.js';
import type { Counts } from './summary.js';

/** An institution that is registered. */
export interface Known {
  readonly id: string;
  readonly name: string;
  readonly identifiers: readonly IdentifierValue[];
}

export class Institutions {
  readonly #found = new Map<string, Promise<Known>>();
  readonly #registrars = new Map<string, Promise<VitrineClient>>();

  constructor(
    private readonly options: Pick<ImportOptions, 'region' | 'ownership'>,
    private readonly signIn: SignIn,
    private readonly origin: string,
    private readonly counts: Counts,
  ) {}

  /**
   * The institution of a provider, registered if need be.
   *
   * @throws Refusal when it isn't registered and can't be
   */
  find(provider: Provider): Promise<Known> {
    const named = provider.organisation === null ? 'named ' : '';
    return once(this.#found, named + identifierText(provider.identifier), () =>
      this.#findOrRegister(provider),
    );
  }

  /**
   * The client of a registrar of the institution.
   *
   * @throws Refusal when there is no token for it
   */
  registrar(institution: Known): Promise<VitrineClient> {
    return once(this.#registrars, institution.id, () =>
      this.signIn.isDevelopment ? this.#persona(institution) : this.#byToken(institution),
    );
  }

  async #findOrRegister({ organisation, identifier }: Provider): Promise<Known> {
    const identifiers = organisation?.identifiers ?? [identifier];
    const found = await this.#lookup(identifiers);
    if (found !== null) {
      this.counts.institution(found.id, null);
      return found;
    }
    if (organisation === null) {
      throw new Refusal(
        `expected a registered institution, got ${identifierText(identifier)}, which none has`,
      );
    }
    return this.#register(organisation);
  }

  async #lookup(identifiers: readonly IdentifierValue[]): Promise<Known | null> {
    const client = this.signIn.ministry ?? this.signIn.anyone;
    for (const identifier of identifiers) {
      const { institutions } = await client.request(InstitutionsDocument, {
        filter: { identifier },
        first: 1,
      });
      const node = institutions?.edges[0]?.node;
      if (node != null) return { id: node.id, name: node.name ?? '', identifiers };
    }
    return null;
  }

  async #register(organisation: OrganisationValues): Promise<Known> {
    const { name, identifiers, kind } = organisation;
    const [first] = identifiers;
    const region = organisation.region ?? this.options.region;
    if (region === undefined)
      throw new Refusal(`expected an address with the state of ${name}, which is its region`);
    const { ministry } = this.signIn;
    if (ministry === null)
      throw new Refusal(`expected ${name} to be registered: there is no token of the ministry`);
    const values = {
      name,
      kind,
      ownership: this.options.ownership ?? 'PUBLIC',
      region,
      identifiers: [...identifiers],
      licence: { number: licenceNumber(first), state: 'ACTIVE' as const },
    };
    const requestId = requestIdOf(this.origin, 'registerInstitution', name, asJson(values));
    try {
      const { registerInstitution } = await ministry.request(RegisterInstitutionDocument, {
        input: { requestId, ...values },
      });
      const id = registerInstitution.institution?.id;
      if (id === undefined) throw new Refusal(`expected ${name} in the answer to its registration`);
      this.counts.institution(id, registerInstitution.receipt.index);
      return { id, name, identifiers };
    } catch (error) {
      throw named(name, refusalOf(error));
    }
  }

  /** `registrar.<name>-<hash>`: the same at every import, and another for every institution. */
  async #persona(institution: Known): Promise<VitrineClient> {
    const subject = registrarSubject(institution);
    const client = this.signIn.persona(subject);
    if ((await institutionOf(client)) === institution.id) {
      this.counts.registrar(null);
      return client;
    }
    const { ministry } = this.signIn;
    if (ministry === null) throw new Refusal(`expected a token of the ministry to enrol ${subject}`);
    const values = {
      institution: institution.id,
      subject,
      name: `Registrar of ${institution.name}`.slice(0, 200),
      roles: ['REGISTRAR' as const],
    };
    const requestId = requestIdOf(this.origin, 'enrolMember', subject, asJson(values));
    try {
      const { enrolMember } = await ministry.request(EnrolMemberDocument, {
        input: { requestId, ...values },
      });
      this.counts.registrar(enrolMember.receipt.index);
    } catch (error) {
      throw named(institution.name, refusalOf(error));
    }
    return client;
  }

  async #byToken(institution: Known): Promise<VitrineClient> {
    for (const identifier of institution.identifiers) {
      const client = this.signIn.byToken(identifierText(identifier));
      if (client === null) continue;
      if ((await institutionOf(client)) === institution.id) return client;
      throw new Refusal(
        `expected a token of a member of ${institution.name}, got one of someone else for ${identifierText(identifier)}`,
      );
    }
    const [first] = institution.identifiers;
    const shown = first === undefined ? '' : ` (${identifierText(first)})`;
    throw new Refusal(`expected a token for ${institution.name}${shown}, got none`);
  }
}

/** Subject of the persona that records for an institution in development. */
export function registrarSubject({ name, identifiers }: Pick<Known, 'name' | 'identifiers'>): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-|-$/g, '');
  const hash = hex(sha256(utf8(identifiers.map(identifierText).join('\n')))).slice(0, 8);
  return `registrar.${slug === '' ? hash : `${slug}-${hash}`}`;
}

/** The institution that a token acts for; null when its subject isn't enrolled. */
async function institutionOf(client: VitrineClient): Promise<string | null> {
  try {
    const { data } = await client.requestPartial(MeDocument, {});
    return data?.me?.institution?.id ?? null;
  } catch (error) {
    if (error instanceof ClientError && error.code !== 'NETWORK') return null;
    throw error;
  }
}

/** The register number as the licence's number: FHIR has no licences. */
function licenceNumber(identifier: IdentifierValue | undefined): string {
  return (identifier?.value ?? '').slice(0, 64);
}

function named(name: string, refusal: Refusal): Refusal {
  return new Refusal(`${name}: ${refusal.message}`, refusal.place, refusal.code);
}

/** Does it once per key; a refusal is remembered too, so that it is the same for everyone. */
function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  return made;
}
